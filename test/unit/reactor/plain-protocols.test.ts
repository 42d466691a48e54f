import {
  DatagramProtocol,
  type MulticastTransport,
  type PlainProtocol,
  type Protocol,
  type SocketAddress,
  type UDPTransport,
} from "@groupcast/reactor";
import { describe, expect, expectTypeOf, test } from "vitest";
import { Stage, turn } from "./stage.js";

const TO = { address: "192.0.2.7", port: 700 };

test("listenUDP() takes an object literal, whose methods have typed parameters and this.transport", async () => {
  const { backend, reactor } = new Stage();
  reactor.listenUDP(9999, {
    datagramReceived(data, from, arrival) {
      expectTypeOf(data).toEqualTypeOf<Buffer>();
      expectTypeOf(from).toEqualTypeOf<SocketAddress>();
      expectTypeOf(arrival?.ttl).toEqualTypeOf<number | undefined>();
      expectTypeOf(this.transport).toEqualTypeOf<UDPTransport>();
      this.transport.write(data, from);
    },
  });
  backend.last.deliver({ bytes: "hello", from: { ...TO, family: 4 } });
  await turn();
  expect(backend.last.sent).toMatchObject([{ text: "hello", to: TO }]);
});

test("listenMulticast() and connectUDP() give an object literal the transport that joins groups", () => {
  const { reactor } = new Stage();
  const port = reactor.listenMulticast(9999, {
    startProtocol() {
      expectTypeOf(this.transport).toEqualTypeOf<MulticastTransport>();
      this.transport.joinGroup("239.255.0.1", "eth0");
    },
  });
  expect(port.memberships).toMatchObject([{ group: "239.255.0.1", state: "joined" }]);
  const connected = reactor.connectUDP("192.0.2.1", 9, {
    count: 1,
    startProtocol() {
      expectTypeOf(this.count).toEqualTypeOf<number>();
      this.count += this.transport.getPeer() === undefined ? 0 : 1;
    },
    connectionRefused() {},
  });
  expect(connected.getPeer().port).toBe(9);
});

test("listenUDP() takes an object of a class that extends nothing, and one without a prototype", () => {
  const stage = new Stage();
  const { backend, reactor } = stage;
  class Count {
    declare readonly transport: UDPTransport;
    datagrams = 0;
    datagramReceived(): void {
      this.datagrams += this.transport.getHost().port;
    }
  }
  const count = new Count();
  reactor.listenUDP(7, count);
  backend.last.deliver("one");
  expect(count.datagrams).toBe(7);
  const bare = Object.assign(Object.create(null) as object, { stopProtocol: () => {} }) satisfies Protocol;
  reactor.listenUDP(8, bare);
  expect(stage.messages).toEqual(["Count starting on 7", "Protocol starting on 8"]);
});

test("a plain object without datagramReceived() lets datagrams go, and they are counted", () => {
  const { backend, reactor, log } = new Stage();
  const port = reactor.listenUDP(9999, { startProtocol() {} });
  backend.last.deliver("one");
  expect(port.statistics()).toMatchObject({ received: 1, protocolErrors: 0 });
  expect(log.map(({ level }) => level)).toEqual(["info"]);
});

test("a plain object's hooks are called as those of a class are, and what they throw is an error event", async () => {
  const { backend, reactor } = new Stage();
  const calls: string[] = [];
  const protocol: PlainProtocol = {
    startProtocol: () => void calls.push("start"),
    connectionRefused: () => void calls.push("refused"),
    stopProtocol() {
      calls.push("stop");
      void this.transport;
    },
    logPrefix: () => "Plain",
  };
  const port = reactor.connectUDP("192.0.2.1", 9, protocol);
  const errors: unknown[] = [];
  port.on("error", (error) => errors.push(error));
  backend.last.loseDatagram("ECONNREFUSED");
  await port.stopListening();
  expect(calls).toEqual(["start", "refused", "stop"]);
  expect(errors).toMatchObject([{ code: "ERR_NOT_LISTENING" }]);
  expect(String(port)).toBe(`Plain on ${port.getHost().port}`);
});

test("transport of a plain object is hidden from enumeration, and throws ERR_NOT_LISTENING once the port has stopped", async () => {
  const { reactor } = new Stage();
  const protocol = { datagramReceived() {} };
  const port = reactor.listenUDP(9999, protocol);
  expect(Object.keys(protocol)).toEqual(["datagramReceived"]);
  const attached = protocol as unknown as { transport: UDPTransport };
  expect(attached.transport).toBe(port);
  await port.stopListening();
  expect(() => attached.transport).toThrow(expect.objectContaining({ code: "ERR_NOT_LISTENING" }));
  const again = reactor.listenUDP(9998, protocol);
  expect(attached.transport).toBe(again);
});

test("one plain object on two ports throws ERR_ALREADY_LISTENING, and the first port goes on", () => {
  const { backend, reactor } = new Stage();
  const protocol = { datagramReceived() {} };
  const port = reactor.listenUDP(9999, protocol);
  expect(() => reactor.listenUDP(9998, protocol)).toThrow(expect.objectContaining({ code: "ERR_ALREADY_LISTENING" }));
  expect(reactor.ports).toEqual([port]);
  expect(backend.openSockets).toHaveLength(1);
});

describe("listenUDP() throws ERR_ARGUMENT_TYPE, before it opens a socket, for", () => {
  const receive = { datagramReceived() {} };
  const throwing = new Proxy(receive, {
    defineProperty() {
      throw new Error("no");
    },
  });
  const revoked = Proxy.revocable(receive, {});
  revoked.revoke();
  class Echo extends DatagramProtocol {}
  const getter = {
    get datagramReceived(): () => void {
      throw new Error("not now");
    },
  };
  const cases: readonly (readonly [name: string, value: unknown, argument: string, help: string])[] = [
    ["a frozen object", Object.freeze({ ...receive }), "protocol", "neither frozen nor sealed"],
    ["a sealed object", Object.seal({ ...receive }), "protocol", "neither frozen nor sealed"],
    ["an object with a transport of its own", { ...receive, transport: 5 }, "protocol", 'without a "transport"'],
    ["an object with a getter of transport", Object.defineProperty({}, "transport", { get: () => 5 }), "protocol", 'without a "transport"'],
    ["a proxy that refuses", throwing, "protocol", "lets a port read"],
    ["a revoked proxy", revoked.proxy, "protocol", "lets a port read"],
    ["a class", Echo, "protocol", "new Echo()"],
    ["an array", [receive], "protocol", "datagramReceived"],
    ["a method that is none", { datagramReceived: "echo" }, "protocol.datagramReceived", "a method"],
    ["a method that is null", { ...receive, stopProtocol: null }, "protocol.stopProtocol", "a method"],
    ["a getter that throws", getter, "protocol.datagramReceived", "its getter throws"],
  ];
  test.each(cases)("%s", (_name, value, argument, help) => {
    const { backend, reactor } = new Stage();
    expect(() => reactor.listenUDP(0, value as Protocol)).toThrow(
      expect.objectContaining({ code: "ERR_ARGUMENT_TYPE", argument, remedy: expect.stringContaining(help) }),
    );
    expect(backend.calls).toEqual([]);
  });
});

test("listenUDP() warns of a protocol without a method that a port calls, once for each class and plain object", () => {
  class Silent extends DatagramProtocol {}
  const { reactor, log } = new Stage();
  const misspelt = { datagramRecieved() {} } as Protocol;
  for (const protocol of [new Silent(), new Silent(), misspelt, {}]) reactor.listenUDP(0, protocol);
  const warnings = log.filter(({ level }) => level === "warn");
  expect(warnings).toHaveLength(3);
  expect(warnings[0]?.message).toMatch(/^Silent on \d+: the protocol has no method that a port calls.*datagramReceived/);
});

test("a getter that throws once the protocol has been checked stops no port", () => {
  const { reactor, log } = new Stage();
  let reads = 0;
  const protocol = {
    get datagramReceived(): undefined {
      if (++reads === 1) return undefined;
      throw new Error("not now");
    },
  };
  const port = reactor.listenUDP(0, protocol as unknown as Protocol);
  expect(reads).toBe(2);
  expect(reactor.ports).toEqual([port]);
  expect(log.map(({ level }) => level)).toEqual(["info"]);
});

test("listenUDP() warns of the same plain object once, however often it listens", async () => {
  const { reactor, log } = new Stage();
  const protocol = {};
  await reactor.listenUDP(1, protocol).stopListening();
  reactor.listenUDP(2, protocol);
  expect(log.filter(({ level }) => level === "warn")).toHaveLength(1);
});

test.each<Protocol>([{ startProtocol() {} }, { stopProtocol() {} }, { connectionRefused() {} }, { datagramsReceived() {} }])(
  "listenUDP() warns of no protocol with one method: %o",
  (protocol) => {
    const { reactor, log } = new Stage();
    reactor.listenUDP(0, protocol);
    expect(log.map(({ level }) => level)).toEqual(["info"]);
  },
);

test("listenUDP() refuses at compile time what shares no method with a protocol", () => {
  const { reactor } = new Stage();
  // @ts-expect-error: misspelt
  reactor.listenUDP(0, { datagramRecieved() {} });
  // @ts-expect-error: not a method
  expect(() => reactor.listenUDP(0, { startProtocol: 5 })).toThrow(expect.objectContaining({ argument: "protocol.startProtocol" }));
  reactor.listenUDP(0, {
    startProtocol() {
      // @ts-expect-error: listenUDP gives the transport of a port that joins no groups
      this.transport.setTTL(1);
    },
  });
});
