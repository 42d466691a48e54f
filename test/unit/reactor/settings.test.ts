// Options of a port's sockets that change while it is open.
import { socketAddress } from "@groupcast/backend";
import type { MulticastPort } from "@groupcast/reactor";
import { describe, expect, test } from "vitest";
import { Notes, Stage, turn } from "./stage.js";

const IS_LINUX = process.platform === "linux";

interface Row {
  readonly option: "trafficClass" | "unicastTtl" | "bindToInterface" | "receiveBufferBytes" | "sendBufferBytes";
  readonly set: (port: MulticastPort, value: never) => unknown;
  readonly get: (port: MulticastPort) => unknown;
  readonly right: unknown;
  /** `right` as the backend gets it. */
  readonly inSocket: number;
  /** Value of the getter on Linux, which counts bookkeeping. */
  readonly readBack: unknown;
  readonly wrong: readonly unknown[];
  readonly argument: string;
}

const SETTERS: Readonly<Record<string, Row>> = {
  setTrafficClass: {
    option: "trafficClass",
    set: (port, value) => port.setTrafficClass(value),
    get: (port) => port.getTrafficClass(),
    right: 0xb8,
    inSocket: 0xb8,
    readBack: 0xb8,
    wrong: [-1, 256, 1.5, "46", undefined, null, Number.NaN],
    argument: "trafficClass",
  },
  setUnicastTTL: {
    option: "unicastTtl",
    set: (port, value) => port.setUnicastTTL(value),
    get: (port) => port.getUnicastTTL(),
    right: 7,
    inSocket: 7,
    readBack: 7,
    wrong: [0, 256, "7", undefined],
    argument: "ttl",
  },
  setBindToInterface: {
    option: "bindToInterface",
    set: (port, value) => port.setBindToInterface(value),
    get: (port) => port.getBindToInterface(),
    right: "eth0",
    inSocket: 2,
    readBack: "eth0",
    wrong: ["eth9", "", "all", 2, undefined, null, {}],
    argument: "name",
  },
  setReceiveBufferBytes: {
    option: "receiveBufferBytes",
    set: (port, value) => port.setReceiveBufferBytes(value),
    get: (port) => port.getReceiveBufferBytes(),
    right: 20_000,
    inSocket: 20_000,
    readBack: IS_LINUX ? 10_000 : 20_000,
    wrong: [0, 2 ** 31, "1", undefined],
    argument: "bytes",
  },
  setSendBufferBytes: {
    option: "sendBufferBytes",
    set: (port, value) => port.setSendBufferBytes(value),
    get: (port) => port.getSendBufferBytes(),
    right: 20_000,
    inSocket: 20_000,
    readBack: IS_LINUX ? 10_000 : 20_000,
    wrong: [0, -1, true, undefined],
    argument: "bytes",
  },
};

describe.each(Object.entries(SETTERS))("%s()", (operation, { option, set, get, right, inSocket, readBack, wrong, argument }) => {
  test("sets the option of the socket, which its getter reads, also when the port has closed", async () => {
    const { port, socket } = new Stage().listen();
    set(port, right as never);
    expect(socket.option(option)).toBe(inSocket);
    expect(get(port)).toBe(readBack);
    await port.stopListening();
    expect(get(port)).toBe(readBack);
  });

  test("is read from the OS where a program set it by other means, also when the port has closed since", async () => {
    const stage = new Stage();
    stage.backend.descriptors.set(3, { local: socketAddress("0.0.0.0", 9999), options: { [option]: inSocket } });
    const port = stage.reactor.adoptDatagramPort(3, new Notes()) as MulticastPort;
    await port.stopListening();
    expect(get(port)).toBe(readBack);
  });

  test.each(wrong)("refuses %o before any call of the backend", (value) => {
    const { backend, ...stage } = listening();
    expect(() => set(stage.port, value as never)).toThrow(
      expect.objectContaining({ name: "InvalidArgumentError", operation, argument, value }),
    );
    expect(backend.calls).toEqual([]);
  });

  test("names itself when the OS refuses, and keeps the value", () => {
    const { backend, port } = listening();
    const before = get(port);
    backend.refuse(`set ${option}`, "EPERM");
    expect(() => set(port, right as never)).toThrow(
      expect.objectContaining({ code: "ERR_SET_OPTION", errnoName: "EPERM", operation, option }),
    );
    expect(get(port)).toBe(before);
  });

  test("throws ERR_UNSUPPORTED_OPTION where the backend lacks it", () => {
    const { port } = new Stage({ without: [`set ${option}`, `get ${option}`] }).listen();
    expect(() => set(port, right as never)).toThrow(
      expect.objectContaining({ code: "ERR_UNSUPPORTED_OPTION", name: "UnsupportedError", operation, option }),
    );
    expect(get(port)).toBe(option === "bindToInterface" ? "default" : undefined);
  });

  test("holds for the sockets that are beside the first, and for those opened later", () => {
    const stage = new Stage();
    stage.backend.maxMemberships = 1;
    const { port } = stage.listen();
    port.joinGroup("239.255.0.1", "eth0");
    port.joinGroup("239.255.0.2", "eth0");
    set(port, right as never);
    port.joinGroup("239.255.0.3", "eth0");
    expect(stage.backend.openSockets.map((socket) => socket.option(option))).toEqual([inSocket, inSocket, inSocket]);
  });

  test("throws when a socket beside the first refuses", () => {
    const stage = new Stage();
    stage.backend.maxMemberships = 1;
    const { port } = stage.listen();
    for (const group of ["239.255.0.1", "239.255.0.2"]) port.joinGroup(group, "eth0");
    const further = stage.backend.last;
    const { setOption } = further;
    further.setOption = (name, value) => (name === option ? -1 : setOption.call(further, name, value));
    expect(() => set(port, right as never)).toThrow(expect.objectContaining({ code: "ERR_SET_OPTION", errno: -1, operation, option }));
  });
});

test.each([
  ["setTrafficClass", "set trafficClass", (port: MulticastPort) => port.setTrafficClass(8)],
  ["setUnicastTTL", "set unicastTtl", (port: MulticastPort) => port.setUnicastTTL(8)],
  ["setBindToInterface", "set bindToInterface", (port: MulticastPort) => port.setBindToInterface("eth0")],
] as const)("%s() lets waiting datagrams leave first, with the options that they were written under", async (_operation, call, set) => {
  const { backend, port } = listening();
  port.write("before", { address: "192.0.2.1", port: 9 });
  set(port);
  port.write("after", { address: "192.0.2.1", port: 9 });
  await turn();
  expect(backend.calls).toEqual(["send", call, "send"]);
});

test("setBindToInterface() keeps multicast on that interface, whatever the routes, the source address and the TTL say", async () => {
  const stage = new Stage();
  const { port, socket } = stage.listenMulticast({ interface: "192.0.2.7", bindToInterface: "lo" });
  expect([port.getBindToInterface(), port.getOutgoingInterface()]).toEqual(["lo", "lo"]);
  port.write("bound", { address: "239.255.0.1", port: 9 });
  await turn();
  expect(socket.sent).toMatchObject([{ text: "bound", via: undefined }]);
  port.joinGroup("239.255.0.2");
  expect(port.memberships).toMatchObject([{ interface: "lo" }]);
});

test("setBindToInterface() of another interface confines TTL 0 to it; undone, to loopback again", async () => {
  const { port, socket } = new Stage().listenMulticast({ ttl: 0 });
  expect(socket.multicastInterface).toBe("lo");
  port.setBindToInterface("eth0");
  expect(port.getOutgoingInterface()).toBe("eth0");
  socket.setMulticastInterface(undefined);
  port.setBindToInterface("default");
  expect([port.getOutgoingInterface(), port.getBindToInterface(), socket.multicastInterface]).toEqual(["default", "default", "lo"]);
});

test("getBindToInterface() of an interface that is gone is its index", () => {
  const stage = new Stage();
  const { port } = stage.listen({ bindToInterface: "eth0" });
  stage.backend.network.change([]);
  expect(port.getBindToInterface()).toBe("2");
});

test("bindToInterface is set before the port number is taken, on each socket, and buffers and classes after it", () => {
  const stage = new Stage();
  stage.listen({ bindToInterface: "eth0", trafficClass: 8, receiveBufferBytes: 4096 });
  const { calls } = stage.backend;
  const order = ["set bindToInterface", "bind", "set receiveBufferBytes", "set trafficClass"].map((call) => calls.indexOf(call));
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(order).not.toContain(-1);
});

test("a privilege that is missing to bind to another interface is named", () => {
  const { backend, port } = listening();
  backend.refuse("set bindToInterface", "EPERM");
  expect(() => port.setBindToInterface("eth0")).toThrow("CAP_NET_RAW");
});

test("setReceiveBufferBytes() returns the grant, puts it into port.buffers, and logs one that is capped", () => {
  const stage = new Stage();
  const { port, socket } = stage.listen({ sendBufferBytes: 4096 });
  socket.getOption = (): number => 8192;
  const grantedBytes = IS_LINUX ? 4096 : 8192;
  const grant = { askedBytes: 100_000, grantedBytes, cappedBy: "net.core.rmem_max" };
  const before = port.buffers;
  expect(port.setReceiveBufferBytes(100_000)).toEqual(grant);
  expect(port.buffers).toEqual({ ...before, receive: grant });
  expect(before).not.toHaveProperty("receive");
  expect(stage.log.filter(({ level }) => level === "warn").map(({ message }) => message)).toContain(
    `Notes on 9999: asked for a receive buffer of 100000 bytes, got ${grantedBytes}: raise net.core.rmem_max`,
  );
  expect(port.setReceiveBufferBytes(2048)).toEqual({ askedBytes: 2048, grantedBytes: 2048 });
});

/** A port that listens, and a backend that has forgotten the calls of opening it. */
function listening(): ReturnType<Stage["listen"]> & { readonly backend: Stage["backend"] } {
  const stage = new Stage();
  const listened = stage.listen();
  stage.backend.calls.length = 0;
  return { ...listened, backend: stage.backend };
}

describe("a port that is bound to eth0", () => {
  const FIXED = { code: "ERR_INTERFACE_FIXED", name: "InvalidArgumentError" } as const;
  const GROUP6 = { address: "ff02::1%lo", port: 9 };

  function bound(options: object = {}) {
    const { port, socket } = new Stage().listenMulticast({ interface: "::", bindToInterface: "eth0", ...options });
    return { port, socket };
  }

  test.each<[string, (port: MulticastPort) => unknown, subject: readonly [operation: string, argument: string, value: unknown]]>([
    ["unicast by lo", (port) => port.write("x", { address: "fd00::1", port: 9 }, { interface: "lo" }), ["write", "interface", "lo"]],
    ["a group by lo", (port) => port.write("x", { address: "ff15::1", port: 9 }, { interface: 1 }), ["write", "interface", 1]],
    ["a group in the zone lo", (port) => port.write("x", GROUP6), ["write", "address", "ff02::1%lo"]],
    ["a peer in the zone lo", (port) => port.write("x", { address: "fe80::1%lo", port: 9 }), ["write", "address", "fe80::1%lo"]],
    ["a peer to connect to in the zone lo", (port) => port.connect("fe80::1%lo", 9), ["connect", "address", "fe80::1%lo"]],
    ["multicast by lo", (port) => port.setOutgoingInterface("lo"), ["setOutgoingInterface", "interface", "lo"]],
    ["multicast by one that is missing", (port) => port.setOutgoingInterface("none"), ["setOutgoingInterface", "interface", "none"]],
  ])("refuses %s", async (_, call, [operation, argument, value]) => {
    const { port, socket } = bound();
    expect(() => call(port)).toThrow(expect.objectContaining({ ...FIXED, operation, argument, value }));
    await turn();
    expect(socket.sent).toEqual([]);
    expect([port.getOutgoingInterface(), port.getPeer()]).toEqual(["eth0", undefined]);
  });

  test("refuses lo as the option outgoingInterface", () => {
    const error = expect.objectContaining({ ...FIXED, operation: "listenMulticast", argument: "outgoingInterface", value: "lo" });
    expect(() => bound({ outgoingInterface: "lo" })).toThrow(error);
  });

  test("refuses what it sends to a peer in the zone lo, to which it was connected before it was bound", async () => {
    const { port, socket } = bound({ bindToInterface: undefined });
    port.connect(GROUP6.address, GROUP6.port);
    port.setBindToInterface("eth0");
    expect(() => port.write("x")).toThrow(expect.objectContaining({ ...FIXED, value: "ff02::1%lo" }));
    port.setBindToInterface("default");
    port.write("x");
    await turn();
    expect(socket.sent).toHaveLength(1);
  });

  test("takes what names eth0, and sends copies for all by it alone", async () => {
    const { port, socket } = bound();
    port.setOutgoingInterface("eth0");
    port.write("named", { address: "ff15::1", port: 9 }, { interface: "eth0" });
    port.write("by all", { address: "ff15::1", port: 9 }, { interface: "all" });
    port.write("in its zone", { address: "ff02::1%eth0", port: 9 });
    await turn();
    expect(socket.sent.map(({ text, via }) => [text, via?.interfaceIndex])).toEqual([
      ["named", 2],
      ["by all", 2],
      ["in its zone", 2],
    ]);
  });
});

test.each(["setTTL", "setTrafficClass"] as const)("%s(-0) sets 0", (setter) => {
  const { port } = new Stage().listenMulticast();
  port[setter](-0);
  expect(port[setter === "setTTL" ? "getTTL" : "getTrafficClass"]()).toBe(0);
});

test("an interface to bind to that does not exist is refused with the names of those that do", () => {
  const { port } = new Stage().listenMulticast();
  expect(() => port.setBindToInterface("eth1")).toThrow('did you mean "eth0"?');
});
