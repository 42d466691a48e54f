import { createSocket, Socket, type SocketOptions } from "node:dgram";
import fc from "fast-check";
import {
  type AddressName,
  type ApiProgram,
  type Argument,
  type BytesForm,
  type Reaction,
  SLOTS,
  SPECIAL_NAMES,
  type Step,
} from "./step.js";

const MAX_STEPS = 14;
const HAS_BLOCK_LISTS = hasBlockLists(); // from Node 22.13 on
const SOCKET_EVENTS = ["message", "listening", "connect", "close", "error"];

const slot = fc.constantFrom(0, 0, 0, 1, 1, 1, SLOTS - 1); // the first two are there from the start
const callback: fc.Arbitrary<Argument> = fc.constant({ is: "callback" });
const port: fc.Arbitrary<Argument> = slot.map((number) => ({ is: "port", slot: number }));
const absent = (): fc.Arbitrary<Argument | undefined> => fc.constant(undefined);

/** Wrong more often than not, wherever it is put. */
const strange: fc.Arbitrary<Argument> = fc.oneof(
  fc.constantFrom(...SPECIAL_NAMES).map((name): Argument => ({ is: "special", name })),
  values(null, true, false, "", "12", "abc", 0, -1, 1, 1.5, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32, -(2 ** 31)),
  fc.constant<Argument>({ is: "object", entries: {} }),
  fc.constant<Argument>({ is: "list", items: [] }),
  callback,
);

const loopback = named("loopback");
const oddAddress = values("127.0.0.1", "::1", "0.0.0.0", "::", "", "localhost", "192.0.2.77", "127.0.0.2", "1.2.3", "::1%lo", "no address");
const address = fc.oneof(
  { weight: 5, arbitrary: loopback },
  { weight: 2, arbitrary: named("any", "group") },
  { weight: 2, arbitrary: oddAddress },
);
const peer = fc.oneof(
  { weight: 7, arbitrary: loopback },
  { weight: 2, arbitrary: named("any", "group") },
  { weight: 1, arbitrary: oddAddress },
);
const group = fc.oneof(
  { weight: 3, arbitrary: named("group") },
  { weight: 1, arbitrary: values("239.255.13.2", "127.0.0.1", "::1", "group", "") },
);
const at = fc.oneof(
  { weight: 2, arbitrary: loopback },
  { weight: 1, arbitrary: values("::%lo", "0.0.0.0", "::", "192.0.2.77", "eth9", "") },
);
const source = fc.oneof({ weight: 3, arbitrary: loopback }, { weight: 1, arbitrary: values("192.0.2.77", "::2", "source") });
const boundPort = fc.oneof({ weight: 3, arbitrary: values(0) }, { weight: 2, arbitrary: port });
const type = values("udp4", "udp6");

const forms = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom<BytesForm>("string", "Buffer", "Uint8Array") },
  { weight: 2, arbitrary: fc.constantFrom<BytesForm>("DataView", "Uint16Array", "ArrayBuffer") },
);
const lengths = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(0, 4, 8, 100) },
  { weight: 1, arbitrary: fc.constantFrom(1_472, 65_507, 65_508) },
);
const bytes: fc.Arbitrary<Argument> = fc.record({ is: fc.constant("bytes"), as: forms, length: lengths });
const payload: fc.Arbitrary<Argument> = fc.oneof(
  { weight: 5, arbitrary: bytes },
  { weight: 1, arbitrary: fc.array(bytes, { maxLength: 3 }).map((items): Argument => ({ is: "list", items })) },
);
const bound = fc.oneof({ weight: 4, arbitrary: values(0, 0, 2, 4) }, { weight: 1, arbitrary: values(8, 9, 100, -1) });

/** Forms of the arguments of each method. What is undefined, and everything behind it, is not passed. */
const METHODS: Readonly<
  Record<string, readonly { readonly weight: number; readonly args: readonly fc.Arbitrary<Argument | undefined>[] }[]>
> = {
  bind: [
    { weight: 4, args: [boundPort, fc.oneof(absent(), address), fc.oneof(absent(), callback)] },
    { weight: 1, args: [fc.oneof(absent(), callback)] },
    { weight: 1, args: [boundPort, callback] },
    { weight: 2, args: [bindOptions(), fc.oneof(absent(), callback)] },
  ],
  connect: [
    { weight: 4, args: [port, fc.oneof(absent(), peer, peer), fc.oneof(absent(), callback)] },
    { weight: 1, args: [port, callback] },
  ],
  disconnect: [{ weight: 1, args: [] }],
  send: [
    {
      weight: 9,
      args: [payload, port, fc.oneof({ weight: 1, arbitrary: absent() }, { weight: 5, arbitrary: peer }), fc.oneof(absent(), callback)],
    },
    { weight: 2, args: [payload, port, callback] },
    { weight: 2, args: [payload, fc.oneof(absent(), callback)] },
    { weight: 3, args: [payload, bound, bound, port, peer, fc.oneof(absent(), callback)] },
    { weight: 1, args: [payload, bound, bound, fc.oneof(absent(), callback)] },
    { weight: 1, args: [payload, bound, bound, port, callback] },
  ],
  sendto: [{ weight: 1, args: [payload, bound, bound, port, peer, fc.oneof(absent(), callback)] }],
  close: [{ weight: 1, args: [fc.oneof(absent(), callback)] }],
  address: [{ weight: 1, args: [] }],
  remoteAddress: [{ weight: 1, args: [] }],
  setBroadcast: [{ weight: 1, args: [values(true, false, 0, 1)] }],
  setTTL: [{ weight: 1, args: [values(1, 64, 255, 0, 256)] }],
  setMulticastTTL: [{ weight: 1, args: [values(0, 1, 255, 256, -1)] }],
  setMulticastLoopback: [{ weight: 1, args: [values(true, false, 0, 1)] }],
  setMulticastInterface: [{ weight: 1, args: [at] }],
  addMembership: [{ weight: 1, args: [group, fc.oneof(absent(), at)] }],
  dropMembership: [{ weight: 1, args: [group, fc.oneof(absent(), at)] }],
  addSourceSpecificMembership: [{ weight: 1, args: [source, group, fc.oneof(absent(), at)] }],
  dropSourceSpecificMembership: [{ weight: 1, args: [source, group, fc.oneof(absent(), at)] }],
  setRecvBufferSize: [{ weight: 1, args: [values(4_096, 65_536, 0, -1)] }],
  setSendBufferSize: [{ weight: 1, args: [values(4_608, 65_536, 0, -1)] }],
  getRecvBufferSize: [{ weight: 1, args: [] }],
  getSendBufferSize: [{ weight: 1, args: [] }],
  getSendQueueSize: [{ weight: 1, args: [] }],
  getSendQueueCount: [{ weight: 1, args: [] }],
  ref: [{ weight: 1, args: [] }],
  unref: [{ weight: 1, args: [] }],
  bindSync: [{ weight: 1, args: [bindOptions()] }],
  connectSync: [{ weight: 1, args: [port, fc.oneof(absent(), address)] }],
  asyncDispose: [{ weight: 1, args: [] }],
};

/** Those that make something happen come more often. */
const WEIGHTS: Readonly<Record<string, number>> = {
  bind: 14,
  send: 24,
  connect: 7,
  close: 4,
  address: 4,
  addMembership: 4,
  disconnect: 3,
  dropMembership: 2,
};

const call: fc.Arbitrary<Step> = fc.oneof(
  ...Object.entries(METHODS).map(([method, usages]) => ({
    weight: WEIGHTS[method] ?? 1,
    arbitrary: fc
      .tuple(slot, fc.oneof(...usages.map(({ weight, args }) => ({ weight, arbitrary: argumentList(args) }))))
      .map(([number, args]): Step => ({ do: "call", slot: number, method, args })),
  })),
);

const reaction: fc.Arbitrary<Reaction> = fc.constantFrom("nothing", "nothing", "throw", "close", "send", "remove itself", "remove all");

const create: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("create"),
  slot,
  how: fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom("createSocket" as const, "new" as const, "extends" as const, "inherits" as const) },
    { weight: 1, arbitrary: fc.constant("call" as const) },
  ),
  args: fc.oneof(
    { weight: 4, arbitrary: argumentList([type, fc.oneof({ weight: 3, arbitrary: absent() }, { weight: 1, arbitrary: callback })]) },
    {
      weight: 4,
      arbitrary: argumentList([creationOptions(), fc.oneof({ weight: 3, arbitrary: absent() }, { weight: 1, arbitrary: callback })]),
    },
  ),
  hearsErrors: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
});

const STEPS: readonly fc.WeightedArbitrary<Step>[] = [
  { weight: 3, arbitrary: create },
  { weight: 30, arbitrary: call },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("listen"), slot, event: fc.constantFrom(...SOCKET_EVENTS), once: fc.boolean(), reaction }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "abort" }) },
  { weight: 10, arbitrary: fc.constant({ do: "rest" }) },
];

/** Binds a socket as most programs do. */
const plainBind = fc.oneof({ weight: 3, arbitrary: named("loopback") }, { weight: 2, arbitrary: named("any") });

/** Two sockets that are there from the start, bound more often than not. */
const opening: fc.Arbitrary<Step[]> = fc
  .tuple(create, create, fc.tuple(plainBind, plainBind), fc.tuple(fc.nat(5), fc.nat(5)))
  .map(([one, other, addresses, dice]) =>
    [one, other].flatMap((step, index): Step[] => {
      const args: Argument[] = [{ is: "value", value: 0 }, addresses[index]!];
      const bind: Step = { do: "call", slot: index, method: "bind", args };
      return [{ ...step, slot: index } as Step, ...(dice[index] === 0 ? [] : [bind])];
    }),
  );

const arbitraryProgram: fc.Arbitrary<ApiProgram> = fc.record({
  callbacks: fc.oneof({ weight: 4, arbitrary: fc.constant<Reaction>("nothing") }, { weight: 1, arbitrary: reaction }),
  steps: fc
    .tuple(opening, fc.nat(5), fc.array(fc.oneof(...STEPS), { minLength: 2, maxLength: MAX_STEPS, size: "max" }))
    .map(([first, die, rest]): Step[] => [...first, ...(die === 0 ? [] : [{ do: "rest" } as const]), ...rest]),
});

/** Programs of a few sockets that talk with one another. They use what this Node has: ours has everything on every Node. */
export const arbitraryApiProgram: fc.Arbitrary<ApiProgram> = arbitraryProgram.map(({ callbacks, steps }) => ({
  callbacks,
  steps: steps.map(withKnownOptions).filter((step) => step.do !== "call" || isKnown(step.method)),
}));

function isKnown(method: string): boolean {
  return method === "asyncDispose" || method in Socket.prototype;
}

function withKnownOptions(step: Step): Step {
  if (step.do !== "create" || HAS_BLOCK_LISTS) return step;
  return { ...step, args: step.args.map((argument) => (argument.is === "object" ? withoutBlockLists(argument) : argument)) };
}

function withoutBlockLists({ is, entries }: Extract<Argument, { is: "object" }>): Argument {
  return { is, entries: Object.fromEntries(Object.entries(entries).filter(([name]) => !name.endsWith("BlockList"))) };
}

function hasBlockLists(): boolean {
  try {
    createSocket({ type: "udp4", receiveBlockList: 1 } as unknown as SocketOptions).close();
    return false;
  } catch {
    return true;
  }
}

function named(...names: readonly AddressName[]): fc.Arbitrary<Argument> {
  return fc.constantFrom(...names).map((name): Argument => ({ is: "address", name }));
}

function values(...choices: readonly (string | number | boolean | null)[]): fc.Arbitrary<Argument> {
  return fc.constantFrom(...choices).map((value): Argument => ({ is: "value", value }));
}

/** One list in eight has something strange in it. */
function argumentList(args: readonly fc.Arbitrary<Argument | undefined>[]): fc.Arbitrary<Argument[]> {
  const plain = fc.tuple(...args).map(passed);
  if (args.length === 0) return plain;
  const odd = fc
    .tuple(plain, fc.nat(args.length - 1), strange)
    .map(([list, index, value]) => list.map((each, n) => (n === index ? value : each)));
  return fc.oneof({ weight: 7, arbitrary: plain }, { weight: 1, arbitrary: odd });
}

/** Up to the last one that there is; those between are passed as undefined. */
function passed(list: readonly (Argument | undefined)[]): Argument[] {
  const end = list.findLastIndex((each) => each !== undefined) + 1;
  return list.slice(0, end).map((each) => each ?? { is: "special", name: "undefined" });
}

function bindOptions(): fc.Arbitrary<Argument> {
  return optional({ port: boundPort, address, exclusive: values(true, false) }, 3);
}

function creationOptions(): fc.Arbitrary<Argument> {
  const special = (...names: (typeof SPECIAL_NAMES)[number][]): fc.Arbitrary<Argument> =>
    fc.constantFrom(...names).map((name): Argument => ({ is: "special", name }));
  const rest = optional(
    {
      reuseAddr: values(true, false, 1),
      reusePort: values(false),
      ipv6Only: values(true, false),
      recvBufferSize: values(4_096, 65_536),
      sendBufferSize: values(4_608, 65_536),
      lookup: special("synchronous lookup", "delayed lookup", "failing lookup", "wrong lookup"),
      signal: special("aborted signal", "abortable signal", "abortable signal", "false signal"),
      receiveBlockList: special("block list", "empty block list"),
      sendBlockList: special("block list", "empty block list"),
    },
    6,
  );
  return fc.tuple(type, rest).map(([kind, options]): Argument => {
    const entries = options.is === "object" ? options.entries : {};
    return { is: "object", entries: { type: kind, ...entries } };
  });
}

/** Some of the entries, each in one of `times` objects; one value in ten is strange. */
function optional(entries: Readonly<Record<string, fc.Arbitrary<Argument>>>, times: number): fc.Arbitrary<Argument> {
  const each = Object.entries(entries).map(([name, arbitrary]) =>
    fc
      .oneof(
        { weight: 9 * (times - 1), arbitrary: absent() },
        { weight: 9, arbitrary: arbitrary as fc.Arbitrary<Argument | undefined> },
        { weight: 1, arbitrary: strange as fc.Arbitrary<Argument | undefined> },
      )
      .map((value) => [name, value] as const),
  );
  return fc.tuple(...each).map((pairs): Argument => {
    const given = pairs.filter((pair): pair is readonly [string, Argument] => pair[1] !== undefined);
    return { is: "object", entries: Object.fromEntries(given) };
  });
}
