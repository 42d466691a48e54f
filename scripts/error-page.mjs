// node scripts/error-page.mjs [--check]: writes docs/errors.md from the error tables of all packages, or says whether it is up to date.
import { fail } from "./command.mjs";
import { finishPage, prepareTables } from "./generated-page.mjs";

prepareTables();
const { BACKEND_ERRORS } = await import("@groupcast/backend");
const { MEMORY_ERRORS } = await import("@groupcast/backend-memory");
const { BASE_ERRORS } = await import("@groupcast/base");
const { CHANNEL_ERRORS } = await import("@groupcast/channels");
const { OPENTELEMETRY_ERRORS } = await import("@groupcast/opentelemetry");
const { REACTOR_ERRORS } = await import("@groupcast/reactor");

/** Package → its table, in the order of the page. */
const TABLES = {
  "@groupcast/base": BASE_ERRORS,
  "@groupcast/backend": BACKEND_ERRORS,
  "@groupcast/reactor": REACTOR_ERRORS,
  "@groupcast/backend-memory": MEMORY_ERRORS,
  "@groupcast/channels": CHANNEL_ERRORS,
  "@groupcast/opentelemetry": OPENTELEMETRY_ERRORS,
};

const CLASSES = /** @type {const} */ ({
  InvalidArgumentError:
    "An argument is wrong: fix the call. Thrown before any system call. A `TypeError`, with `argument`, `value` and `remedy`.",
  StateError: "The call is right, the moment is wrong: call in another order.",
  UnsupportedError:
    "This backend or platform does not support it: check `reactor.backend.capabilities` first. `backend` names the backend.",
  SystemError: "The operating system refused: look at `errnoName`.",
  CannotListenError: "A `SystemError`: the port could not be opened.",
  MulticastJoinError: "A `SystemError`: the group could not be joined.",
  MessageLengthError: "A `SystemError`: the datagram is too long for UDP, or for the path. `lengthBytes` is its length.",
  BackendLoadError: "A backend could not be loaded: `cause` has the reason.",
  ChannelStateError: "Like `StateError`, for channels: call in another order. `channel` names the channel.",
  ChannelLengthError: "A message is longer than its channel carries: `lengthBytes` and `maxBytes`.",
  RequestTimeoutError: "A question was not answered in time: `attempts`, `timeoutMs`, and `responders`, the known nodes that answer.",
  AnswerError: "The answer to a question is an error: `answerCode`, `answerMessage`, and the `responder` with its `session`.",
  ParameterError: "A parameter does not exist, or does not accept a value: `parameter`, `node`, and the owner's `reason`.",
  BrokerError: "The NATS server is unreachable, or refused: `cause` has the reason, `servers` the addresses.",
});

const definitions = Object.entries(TABLES).flatMap(([from, table]) => Object.values(table).map((definition) => ({ ...definition, from })));

/** @param {string} name */
function section(name) {
  const rows = definitions.filter((definition) => definition.class === name);
  const table = rows.map(({ code, meaning, remedy, from }) => `| \`${code}\` | ${meaning} | ${remedy} | \`${from}\` |`);
  return `## ${name}\n\n${CLASSES[/** @type {keyof typeof CLASSES} */ (name)]}\n\n| code | what happened | what to do | package |\n| --- | --- | --- | --- |\n${table.join("\n")}\n`;
}

/** Returns the advice for single refusals of the operating system. */
function refusals() {
  const rows = definitions.flatMap(({ code, remedies = {} }) =>
    Object.entries(remedies).map(([errno, remedy]) => ({ code, errno, remedy })),
  );
  const table = rows.map(({ code, errno, remedy }) => `| \`${code}\` | \`${errno}\` | ${remedy} |`);
  return `| code | errnoName | what to do |\n| --- | --- | --- |\n${table.join("\n")}\n`;
}

const page = `# Errors

Classes say what the caller should do, \`code\` says what happened. Where the operating system refused, \`errno\` (negative, libuv's sign) and
\`errnoName\` say why. \`operation\` is the public function that was called, as stack traces name it, and \`remedy\` is one sentence of advice.
Everything but \`InvalidArgumentError\` and the errors of channels is a \`DatagramError\`, with \`address\`, \`port\`, \`group\`, \`interface\`, \`source\`
and \`option\` where they apply. Errors of channels are \`ChannelError\`s.

\`isGroupcastError(error)\` recognises all of them, and TypeScript then narrows by \`code\`. Match on \`code\`, never on the message.

\`\`\`ts
import { DatagramProtocol, isGroupcastError, Reactor } from "groupcast";

const reactor = new Reactor();
try {
  reactor.listenUDP(53, new (class extends DatagramProtocol {})());
} catch (error) {
  if (!isGroupcastError(error)) throw error;
  switch (error.code) {
    case "ERR_LISTEN":
      console.error(error.errnoName, error.port, error.remedy); // EACCES 53 give the process the capability …
      break;
    case "ERR_PORT_RANGE":
      console.error(error.argument, error.value);
      break;
    default:
      throw error;
  }
}
\`\`\`

The stack of an error begins at the wrong call. A later error has the stack of its call if the port kept that, as for \`joinGroup\` on a missing
interface; the error of a single datagram has none. \`test/unit/errors\` has the messages of common mistakes.

This page is generated by \`node scripts/error-page.mjs\`, from the table of each package: \`packages/*/src/**/*-errors.ts\`.

${Object.keys(CLASSES).map(section).join("\n")}
## Refusals of the operating system

A refusal that is not listed here has the advice of its code.

${refusals()}`;

const missing = definitions.filter(({ class: name }) => !(name in CLASSES)).map(({ class: name }) => name);
if (missing.length > 0) fail(`Add ${[...new Set(missing)].join(", ")} to CLASSES of scripts/error-page.mjs`);

finishPage("docs/errors.md", page);
