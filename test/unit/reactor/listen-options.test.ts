import { type Capability, socketAddress } from "@groupcast/backend";
import type { AdoptOptions, ConnectOptions, ListenOptions } from "@groupcast/reactor";
import { describe, expect, test } from "vitest";
import { Notes, Stage } from "./stage.js";

type OptionName = keyof (AdoptOptions & ListenOptions & ConnectOptions);

/** One option: a right value, a wrong one, and the call of the backend that the OS may refuse; undefined where it makes none. */
interface Row {
  readonly takenBy: readonly Operation[];
  readonly right: unknown;
  readonly wrong: unknown;
  readonly refused?: string;
  /** Options that it needs beside it. */
  readonly beside?: object;
}

type Operation = keyof typeof OPEN;

/** Operation → a call of it. */
const OPEN = {
  listenUDP: ({ reactor }: Stage, options: object) => reactor.listenUDP(9999, new Notes(), options),
  listenMulticast: ({ reactor }: Stage, options: object) => reactor.listenMulticast(9999, new Notes(), options),
  connectUDP: ({ reactor }: Stage, options: object) => reactor.connectUDP("192.0.2.1", 9, new Notes(), options),
  adoptDatagramPort: (stage: Stage, options: object) => {
    stage.backend.descriptors.set(3, { local: socketAddress("0.0.0.0", 9999) });
    return stage.reactor.adoptDatagramPort(3, new Notes(), options);
  },
} as const;

const OPERATIONS = Object.keys(OPEN) as Operation[];
const BINDING: readonly Operation[] = ["listenUDP", "listenMulticast", "connectUDP"];
const MULTICAST: readonly Operation[] = ["listenMulticast", "connectUDP"];

const TABLE: { readonly [Name in OptionName]-?: Row } = {
  maxPacketSize: { takenBy: OPERATIONS, right: 1500, wrong: 0 },
  receiveBufferBytes: { takenBy: OPERATIONS, right: 4096, wrong: 0, refused: "set receiveBufferBytes" },
  sendBufferBytes: { takenBy: OPERATIONS, right: 4096, wrong: "4096", refused: "set sendBufferBytes" },
  trafficClass: { takenBy: OPERATIONS, right: 0xb8, wrong: 256, refused: "set trafficClass" },
  unicastTTL: { takenBy: OPERATIONS, right: 5, wrong: 0, refused: "set unicastTtl" },
  receiveOffload: { takenBy: OPERATIONS, right: false, wrong: 0 },
  maxBytesPerSecond: { takenBy: OPERATIONS, right: 10_000, wrong: 0 },
  busyPollUs: { takenBy: OPERATIONS, right: 50, wrong: 1_000_001, refused: "set busyPollUs" },
  arrival: { takenBy: OPERATIONS, right: true, wrong: 1 },
  signal: { takenBy: OPERATIONS, right: new AbortController().signal, wrong: {} },
  family: { takenBy: ["adoptDatagramPort"], right: 4, wrong: 5 },
  interface: { takenBy: BINDING, right: "192.0.2.7", wrong: "localhost" },
  reuseAddress: { takenBy: BINDING, right: true, wrong: "yes", refused: "set reuseAddress" },
  reusePort: { takenBy: BINDING, right: true, wrong: 1, refused: "set reusePort" },
  steering: { takenBy: ["listenUDP"], right: { by: "cpu", ports: 2 }, wrong: "cpu", refused: "steer", beside: { reusePort: true } },
  ipv6Only: { takenBy: BINDING, right: false, wrong: 0, refused: "set ipv6Only" },
  bindToInterface: { takenBy: BINDING, right: "eth0", wrong: "eth9", refused: "set bindToInterface" },
  listenMultiple: { takenBy: MULTICAST, right: true, wrong: 1, refused: "set reuseAddress" },
  outgoingInterface: { takenBy: MULTICAST, right: "eth0", wrong: {}, refused: "setMulticastInterface" },
  loopback: { takenBy: MULTICAST, right: false, wrong: 0, refused: "set multicastLoopback" },
  ttl: { takenBy: MULTICAST, right: 2, wrong: 256, refused: "set multicastTtl" },
  group: { takenBy: MULTICAST, right: "239.255.0.1", wrong: "192.0.2.1", refused: "join" },
  multicastOnly: { takenBy: MULTICAST, right: true, wrong: 1, refused: "set receivePacketInfo" },
  isolated: { takenBy: MULTICAST, right: false, wrong: 0 },
  localPort: { takenBy: ["connectUDP"], right: 7777, wrong: -1 },
};

const ROWS = Object.entries(TABLE) as [OptionName, Row][];
const TAKEN = ROWS.flatMap(([option, row]) => row.takenBy.map((operation) => ({ operation, option, ...row })));
const MISPLACED = ROWS.flatMap(([option, row]) =>
  OPERATIONS.filter((operation) => !row.takenBy.includes(operation)).map((operation) => ({ operation, option, ...row })),
);

/** Options whose refusal names what they are about rather than themselves. */
const SUBJECTS: Partial<Record<OptionName, object>> = { group: { group: "239.255.0.1" }, outgoingInterface: { interface: "eth0" } };

describe.each(TAKEN)("$option of $operation()", ({ operation, option, right, wrong, beside }) => {
  test("is taken", () => {
    expect(OPEN[operation](new Stage(), { ...beside, [option]: right }).getHost().family).toBe(4);
  });

  test("names call and option when the argument is wrong, before any call of the backend", () => {
    const stage = new Stage();
    expect(() => OPEN[operation](stage, { [option]: wrong })).toThrow(
      expect.objectContaining({ name: "InvalidArgumentError", operation, argument: option, value: wrong }),
    );
    expect(stage.backend.calls).toEqual([]);
  });
});

const REFUSABLE = TAKEN.flatMap(({ refused, ...row }) => (refused === undefined ? [] : [{ ...row, refused }]));

test.each(REFUSABLE)("$option of $operation() names the same call and option when the OS refuses $refused", (row) => {
  const { operation, option, right, refused, beside } = row;
  const stage = new Stage();
  stage.backend.refuse(refused, "EACCES");
  expect(() => OPEN[operation](stage, { ...beside, [option]: right })).toThrow(
    expect.objectContaining({ errnoName: "EACCES", operation, ...(SUBJECTS[option] ?? { option }) }),
  );
  expect(stage.backend.openSockets).toEqual([]);
});

const LACKABLE = REFUSABLE.filter(({ refused }) => refused.startsWith("set "));

test.each(LACKABLE)("$option of $operation() names the same call and option when the backend cannot $refused", (row) => {
  const { operation, option, right, refused, beside } = row;
  const stage = new Stage({ without: [refused as Capability] });
  expect(() => OPEN[operation](stage, { ...beside, [option]: right })).toThrow(
    expect.objectContaining({ code: "ERR_UNSUPPORTED_OPTION", operation, option }),
  );
  expect(stage.backend.openSockets).toEqual([]);
});

test.each(MISPLACED)(
  "$option is no option of $operation(), which names the calls that take it",
  ({ operation, option, right, takenBy }) => {
    const stage = new Stage();
    const open = (): unknown => OPEN[operation](stage, { [option]: right });
    expect(open).toThrow(expect.objectContaining({ code: "ERR_OPTION_UNKNOWN", operation, argument: "option", value: option }));
    for (const taker of takenBy) expect(open).toThrow(taker);
    expect(stage.backend.calls).toEqual([]);
  },
);

test("listenUDP() says where ttl belongs, and what sets the TTL of unicast", () => {
  expect(() => OPEN.listenUDP(new Stage(), { ttl: 2 })).toThrow(/listenMulticast.*unicastTTL/);
});

test("connectUDP() names itself when the OS refuses to connect", () => {
  const stage = new Stage();
  stage.backend.refuse("connect", "ENETUNREACH");
  expect(() => OPEN.connectUDP(stage, {})).toThrow(
    expect.objectContaining({ code: "ERR_CONNECT", operation: "connectUDP", address: "192.0.2.1", port: 9 }),
  );
  expect(stage.backend.openSockets).toEqual([]);
});

test.each(OPERATIONS)("%s() with every option undefined does what it does without options", (operation) => {
  const plain = new Stage();
  OPEN[operation](plain, {});
  const stage = new Stage();
  const nothing = Object.fromEntries([...Object.keys(TABLE), "none of ours"].map((option) => [option, undefined]));
  const port = OPEN[operation](stage, nothing);
  expect(stage.backend.calls).toEqual(plain.backend.calls);
  expect(port.getHost()).toEqual(plain.reactor.ports[0]!.getHost());
});
