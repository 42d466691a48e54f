// node scripts/error-page.mjs [--check]: writes docs/errors.md from the error table, or says whether it is up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { ERROR_CODES, errorRow } from "@groupcast/backend";
import { fail, ROOT } from "./command.mjs";

const PAGE = `${ROOT}docs/errors.md`;

const CLASSES = /** @type {const} */ ({
  InvalidArgumentError:
    "An argument is wrong: mend the call. Thrown before any system call. A `TypeError`, with `argument`, `value` and `remedy`.",
  StateError: "The call is right, the moment is wrong: mend the order of calls.",
  UnsupportedError: "This backend or platform cannot: check `reactor.backend.capabilities` first. `backend` names it.",
  SystemError: "The operating system said no: look at `errnoName`.",
  CannotListenError: "A `SystemError`: no port.",
  MulticastJoinError: "A `SystemError`: no membership.",
  MessageLengthError: "A `SystemError`: too long for UDP, or for the path. `lengthBytes` tells how long it was.",
  BackendLoadError: "A backend could not be loaded: `cause` has the reason.",
});

/** @param {string} name */
function section(name) {
  const rows = ERROR_CODES.filter((code) => errorRow(code).class === name);
  const table = rows.map((code) => `| \`${code}\` | ${errorRow(code).meaning} | ${errorRow(code).remedy} |`);
  return `## ${name}\n\n${CLASSES[/** @type {keyof typeof CLASSES} */ (name)]}\n\n| code | what happened | what to do |\n| --- | --- | --- |\n${table.join("\n")}\n`;
}

const page = `# Errors

Classes say what the caller should do, \`code\` says what happened, and where the operating system spoke \`errno\` (negative, libuv's sign) and \`errnoName\`
say what it said. Everything but \`InvalidArgumentError\` is a \`DatagramError\`, with \`operation\` and, where they apply, \`address\`, \`port\`, \`group\`,
\`interface\`, \`source\` and \`option\`. \`isGroupcastError(error)\` recognises all of them. Match on \`code\`, never on the message.

This page is made from \`packages/backend/src/error-table.ts\` by \`node scripts/error-page.mjs\`.

${Object.keys(CLASSES).map(section).join("\n")}`;

if (process.argv.includes("--check")) {
  if (readFileSync(PAGE, "utf8") !== page) fail("docs/errors.md is not what the error table says: run node scripts/error-page.mjs");
} else writeFileSync(PAGE, page);
