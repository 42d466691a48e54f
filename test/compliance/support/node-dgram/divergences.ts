// Where @groupcast/dgram is meant to differ from node:dgram: programs that come across one of these are not compared.
import type { ApiProgram, Argument, Step } from "./step.js";

/** A difference that is wanted. */
export interface Divergence {
  /** What differs, and why: a row of the table in docs/drop-in.md. */
  readonly reason: string;
  /** Whether a program comes across it. A program in witnesses.jsonl does, and sees the difference. */
  readonly isMet: (program: ApiProgram) => boolean;
}

type Call = Extract<Step, { do: "call" }>;

const SENDS = ["send", "sendto"];
const MEMBERSHIPS = ["addMembership", "dropMembership", "addSourceSpecificMembership", "dropSourceSpecificMembership"];
const LITERAL = /^(\d+\.|.*::)/;
const SOURCES = ["addSourceSpecificMembership", "dropSourceSpecificMembership"];
const CONNECTS = ["connect", "connectSync"];
const ENDS = ["close", "asyncDispose"];

export const DIVERGENCES: readonly Divergence[] = [
  {
    reason: "a port hears the groups that it has joined itself, and multicast goes by an interface that is chosen",
    isMet: (program) => calls(program).some(({ method, args }) => [...SENDS, ...CONNECTS].includes(method) && args.some(isGroup)),
  },
  {
    reason: "datagrams leave at the end of the turn, also of a socket that is closed by then, which drops its own on node:dgram",
    isMet: (program) => closesInCallbacks(program) || turnsOf(program).some((turn) => turn.some(isCallOf(SENDS)) && turn.some(isEnd)),
  },
  {
    reason: "a datagram to an IP literal leaves at once; node:dgram looks up first, and what else happens in the turn comes before it",
    isMet: (program) =>
      turnsOf(program).some((turn) => turn.some(isCallOf(SENDS)) && turn.some(isCallOf(["connect", "disconnect", "connectSync"]))),
  },
  {
    reason: "a burst has each destination's datagrams side by side, and 0.0.0.0 is another destination than 127.0.0.1",
    isMet: (program) =>
      turnsOf(program).some((turn) => isFollowed(turn, SENDS, SENDS) && turn.some((step) => step.do === "call" && step.args.some(isAny))),
  },
  {
    reason: "the datagrams of two senders arrive in any order, so a listener that reacts to the first may react to either",
    isMet: (program) =>
      reactsToMessages(program) && turnsOf(program).some((turn) => new Set(turn.filter(isCallOf(SENDS)).map(slotOf)).size > 1),
  },
  {
    reason: "a datagram that is longer than the send buffer is refused with ENOBUFS; on node:dgram it waits for ever",
    isMet: (program) => JSON.stringify(program).includes("4608") && calls(program).some(({ args }) => args.some(isLong)),
  },
  {
    reason: "each of two refusals of a turn's datagrams is an error event; node:dgram tells of some in a callback",
    isMet: (program) => program.steps.some(isCallOf(CONNECTS)) && turnsOf(program).some((turn) => isFollowed(turn, SENDS, SENDS)),
  },
  {
    reason: "a membership is of the socket's family, and of a group: a socket of IPv6 joins no group of IPv4",
    isMet: (program) => calls(program).some((call) => MEMBERSHIPS.includes(call.method) && call.args.some(isForeignTo(program, call.slot))),
  },
  {
    reason:
      "a socket exists once it is bound: what node:dgram leaves of one that could not be bound, or that only a membership bound, is no socket here",
    isMet: ({ steps }) =>
      steps.some((step, index) => isCallOf(MEMBERSHIPS)(step) && !wasBound(steps, (step as Call).slot, index)) ||
      steps.some(
        (step, index) => step.do === "call" && step.method.startsWith("bind") && mayFail(step) && isUsed(steps.slice(index + 1), step.slot),
      ),
  },
  {
    reason: "what a group or an address throws as it is turned into text is thrown; node:dgram says EINVAL, or leaves it to V8, by version",
    isMet: (program) =>
      calls(program).some(({ method, args }) => (MEMBERSHIPS.includes(method) || method.startsWith("bind")) && args.some(throwsAsText)),
  },
  {
    reason: "a datagram that is too long for UDP is EMSGSIZE, also where there is no route",
    isMet: (program) => calls(program).some(({ args }) => args.some(isTooLong) && args.some(isText)),
  },
  {
    reason:
      "a refusal of a peer waits in the receive buffer until it is told, and the smallest one has no room for a long datagram beside it",
    isMet: (program) => JSON.stringify(program).includes("4096") && calls(program).some(({ args }) => args.some(isLong)),
  },
  {
    reason: "a source is let in once, besides a membership of the whole group",
    isMet: ({ steps }) => isFollowed(steps, MEMBERSHIPS, SOURCES) || isFollowed(steps, SOURCES, MEMBERSHIPS),
  },
  {
    reason: "disconnect() keeps the port number; node:dgram loses one that the kernel chose",
    isMet: ({ steps }) => isFollowed(steps, CONNECTS, ["disconnect"]),
  },
];

function calls({ steps }: ApiProgram): Call[] {
  return steps.filter((step) => step.do === "call");
}

/** Runs of steps between two rests. */
function turnsOf({ steps }: ApiProgram): Step[][] {
  const turns: Step[][] = [[]];
  for (const step of steps) {
    if (step.do === "rest") turns.push([]);
    else turns.at(-1)!.push(step);
  }
  return turns;
}

/** Whether one of `later` comes after one of `earlier`, on the same socket. */
function isFollowed(steps: readonly Step[], earlier: readonly string[], later: readonly string[]): boolean {
  return steps.some((step, index) => {
    if (step.do !== "call" || !earlier.includes(step.method)) return false;
    return steps.slice(index + 1).some((next) => next.do === "call" && next.slot === step.slot && later.includes(next.method));
  });
}

function reactsToMessages({ callbacks, steps }: ApiProgram): boolean {
  const isReaction = (step: Step): boolean =>
    step.do === "listen" && step.event === "message" && (step.once || step.reaction !== "nothing");
  return callbacks !== "nothing" || steps.some(isReaction);
}

function slotOf(step: Step): number {
  return (step as Call).slot;
}

function isEnd(step: Step): boolean {
  return step.do === "abort" || isCallOf(ENDS)(step);
}

function closesInCallbacks({ callbacks, steps }: ApiProgram): boolean {
  return callbacks === "close" || steps.some((step) => step.do === "listen" && step.reaction === "close");
}

function isCallOf(methods: readonly string[]): (step: Step) => boolean {
  return (step) => step.do === "call" && methods.includes(step.method);
}

/** Whether it is longer than the smallest send buffer that programs ask for. */
function isLong(argument: Argument): boolean {
  return argument.is === "list" ? argument.items.some(isLong) : argument.is === "bytes" && argument.length > 4_000;
}

function isTooLong(argument: Argument): boolean {
  return argument.is === "list" ? argument.items.some(isTooLong) : argument.is === "bytes" && argument.length > 65_507;
}

/** Whether it is an address other than those of the network, such as one without a route. */
function isText(argument: Argument): boolean {
  return argument.is === "value" && typeof argument.value === "string";
}

function isAny(argument: Argument): boolean {
  return argument.is === "address"
    ? argument.name === "any"
    : argument.is === "value" && (argument.value === "0.0.0.0" || argument.value === "::");
}

function throwsAsText(argument: Argument): boolean {
  return argument.is === "special" && (argument.name === "throwing object" || argument.name === "symbol");
}

function isGroup(argument: Argument): boolean {
  return argument.is === "address" && argument.name === "group";
}

/** Whether a literal is of another family than a socket has had, or no group. */
function isForeignTo({ steps }: ApiProgram, slot: number): (argument: Argument) => boolean {
  const isSix = steps.some((step) => step.do === "create" && step.slot === slot && typeOf(step.args[0]) === "udp6");
  return (argument) => argument.is === "value" && typeof argument.value === "string" && (isSix || LITERAL.test(argument.value));
}

function typeOf(argument: Argument | undefined): unknown {
  const type = argument?.is === "object" ? argument.entries.type : argument;
  return type?.is === "value" ? type.value : undefined;
}

/** Whether a bind is to more than any port of loopback or of any address. */
function mayFail({ args: [target, address] }: Call): boolean {
  const isPlain =
    target?.is === "value" && target.value === 0 && (address === undefined || (address.is === "address" && address.name !== "group"));
  return !isPlain && target !== undefined;
}

/** Whether something is asked of what a failed bind has left. */
function isUsed(steps: readonly Step[], slot: number): boolean {
  return steps.some((step) => step.do === "call" && step.slot === slot && /^(set|get|add|drop)/.test(step.method));
}

function wasBound(steps: readonly Step[], slot: number, index: number): boolean {
  const created = steps.slice(0, index).findLastIndex((step) => step.do === "create" && step.slot === slot);
  const since = steps.slice(created + 1, index);
  const bound = since.findIndex((step) => step.do === "call" && step.slot === slot && step.method === "bind");
  return bound >= 0 && since.slice(bound).some((step) => step.do === "rest");
}
