import { type DatagramBatch, socketAddress } from "@groupcast/backend";
import { expect, test, vi } from "vitest";
import { Notes, Stage, turn } from "./stage.js";

const FROM = socketAddress("192.0.2.7", 700);

test("datagramReceived() gets bytes of its own, and the sender as one frozen object", () => {
  const { protocol, socket } = new Stage().listen();
  socket.deliver({ bytes: "one", from: FROM }, { bytes: "two", from: FROM });
  const [one, two] = protocol.received;
  expect(protocol.texts).toEqual(["one", "two"]);
  expect(one?.from).toBe(FROM);
  expect(two?.from).toBe(FROM);
  expect(Object.isFrozen(one?.from)).toBe(true);
  expect(one?.arrival).toBeUndefined();
});

test("datagramReceived() gets a datagram of no bytes", () => {
  const { port, protocol, socket } = new Stage().listen();
  socket.deliver("");
  expect(protocol.received).toMatchObject([{ data: Buffer.alloc(0) }]);
  expect(port.statistics()).toMatchObject({ received: 1, receivedBytes: 0 });
});

test("statistics() counts datagrams and bytes that were delivered", () => {
  const { port, socket } = new Stage().listen();
  socket.deliver("one", "three");
  socket.deliver("x");
  expect(port.statistics()).toMatchObject({ received: 3, receivedBytes: 9, truncated: 0, discarded: 0, foreign: 0 });
});

test("maxPacketSize cuts longer datagrams, counts them, and flags them in the arrival", () => {
  const { port, protocol, socket } = new Stage().listen({ maxPacketSize: 4, arrival: true });
  socket.deliver("1234", "12345");
  expect(protocol.texts).toEqual(["1234", "1234"]);
  expect(protocol.received.map(({ arrival }) => arrival?.truncated)).toEqual([false, true]);
  expect(port.statistics()).toMatchObject({ received: 2, truncated: 1 });
});

test("arrival: true asks the backend for all it can tell, and passes it on", () => {
  const { protocol, socket } = new Stage().listen({ arrival: true });
  for (const name of ["receivePacketInfo", "receiveTtl", "receiveTimestamp", "receiveDropCount"] as const) {
    expect(socket.option(name)).toBe(1);
  }
  const arrival = { destination: "192.0.2.2", interface: "eth0", interfaceIndex: 2, ttl: 64, timestampNs: 12n, kernelDrops: 3 };
  socket.deliver({ bytes: "x", arrival });
  expect(protocol.received[0]?.arrival).toEqual({ ...arrival, truncated: false });
});

test("arrival: true is granted by a backend that can tell nothing, with the truncation alone", () => {
  const { protocol, socket } = new Stage({ without: ["set receivePacketInfo", "set receiveTtl", "set receiveTimestamp"] }).listen({
    arrival: true,
  });
  socket.deliver("x");
  expect(protocol.received[0]?.arrival).toEqual({ truncated: false });
});

test("a wake-up is bounded by datagrams and by bytes", () => {
  const { socket } = new Stage().listen();
  expect(socket.readLimits).toEqual({ maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_048_576 });
});

test("datagramReceived() that throws is told and counted each time, and the rest is delivered", () => {
  const { port, protocol, socket, events } = new Stage().listen();
  const thrown = new Error("spam");
  protocol.onReceived = ({ data }) => {
    if (data.toString() !== "good") throw thrown;
  };
  socket.deliver("bad", "good", "bad");
  expect(protocol.texts).toEqual(["bad", "good", "bad"]);
  expect(events).toEqual([
    ["error", thrown],
    ["error", thrown],
  ]);
  expect(port.statistics().protocolErrors).toBe(2);
  expect(socket.isClosed).toBe(false);
});

test("datagramReceived() that rejects is told and counted, after the port has stopped too", async () => {
  const { port, protocol, socket, events } = new Stage().listen();
  const rejected = new Error("spam");
  protocol.onReceived = async () => {
    await turn();
    throw rejected;
  };
  socket.deliver("bad");
  expect(events).toEqual([]);
  await turn();
  await port.stopListening();
  expect(events).toContainEqual(["error", rejected]);
  expect(port.statistics().protocolErrors).toBe(1);
});

test.each([
  ["a string", "spam", "thrown: 'spam'"],
  ["nothing", undefined, "thrown: undefined"],
])("datagramReceived() that throws %s is told as an Error with that as its cause", (_what, thrown, message) => {
  const { protocol, socket, events } = new Stage().listen();
  protocol.onReceived = () => {
    throw thrown;
  };
  socket.deliver("x");
  expect(events).toEqual([["error", expect.objectContaining({ message, cause: thrown })]]);
  expect(events[0]?.[1]).toBeInstanceOf(Error);
});

test.each([null, 0, "then"])("datagramReceived() that returns %o from plain JavaScript is no error", (returned) => {
  const { port, protocol, socket, events } = new Stage().listen();
  protocol.onReceived = () => returned;
  socket.deliver("x");
  expect(events).toEqual([]);
  expect(port.statistics().protocolErrors).toBe(0);
});

test("stopListening() inside datagramReceived() keeps the rest of the batch from the protocol, and counts it", async () => {
  const { port, protocol, socket } = new Stage().listen();
  protocol.onReceived = () => void port.stopListening();
  socket.deliver("one", "two", "three");
  expect(protocol.texts).toEqual(["one"]);
  expect(socket.readLimits).toBeUndefined();
  await port.stopListening();
  expect(protocol.calls).toEqual(["startProtocol", "datagramReceived", "stopProtocol"]);
  expect(port.statistics()).toMatchObject({ received: 1, discarded: 2 });
});

test("stopListening() of one port inside another's datagramReceived() is heeded at once", () => {
  const stage = new Stage();
  const first = stage.listen();
  const other = new Notes();
  const second = stage.reactor.listenUDP(0, other);
  const otherSocket = stage.backend.last;
  first.protocol.onReceived = () => void second.stopListening();
  first.socket.deliver("stop the other");
  expect(otherSocket.readLimits).toBeUndefined();
});

class Batches extends Notes {
  readonly batches: { readonly texts: readonly string[]; readonly view: Buffer; readonly copy: Buffer }[] = [];
  onBatch: (batch: DatagramBatch) => unknown = () => {};

  override datagramsReceived(batch: DatagramBatch): unknown {
    this.calls.push("datagramsReceived");
    const texts = Array.from({ length: batch.length }, (_, index) => batch.view(index).toString());
    this.batches.push({ texts, view: batch.view(0), copy: batch.copy(0) });
    return this.onBatch(batch);
  }
}

test("datagramsReceived() takes the place of datagramReceived(), with views that are valid during the call only", () => {
  const protocol = new Batches();
  const { port, socket } = new Stage().listen({ maxPacketSize: 5 }, protocol);
  socket.deliver("one", "three!");
  expect(protocol.calls).toEqual(["startProtocol", "datagramsReceived"]);
  expect(protocol.batches[0]).toMatchObject({ texts: ["one", "three"], copy: Buffer.from("one"), view: Buffer.from("!!!") });
  expect(port.statistics()).toMatchObject({ received: 2, receivedBytes: 8, truncated: 1 });
});

test("datagramsReceived() that throws, or rejects, is told, and the port goes on", async () => {
  const protocol = new Batches();
  const { socket, events } = new Stage().listen({}, protocol);
  const [thrown, rejected] = [new Error("spam"), new Error("eggs")];
  protocol.onBatch = () => {
    throw thrown;
  };
  socket.deliver("one");
  protocol.onBatch = async () => {
    throw rejected;
  };
  socket.deliver("two");
  await turn();
  expect(events).toEqual([
    ["error", thrown],
    ["error", rejected],
  ]);
});

test("datagramsReceived() gets the whole batch in which it stops the port, and none of it counts as discarded", async () => {
  const protocol = new Batches();
  const { port, socket } = new Stage().listen({}, protocol);
  protocol.onBatch = () => void port.stopListening();
  socket.deliver("one", "two");
  await port.stopListening();
  expect(protocol.batches).toHaveLength(1);
  expect(port.statistics()).toMatchObject({ received: 2, discarded: 0 });
});

test("failed() of a socket is told as ERR_RECEIVE, and the port stays open", () => {
  const { port, socket, events } = new Stage().listen();
  socket.failReading("EIO");
  expect(events).toEqual([["error", expect.objectContaining({ code: "ERR_RECEIVE", errnoName: "EIO", port: 9999 })]]);
  expect(socket.isClosed).toBe(false);
  expect(port.statistics().protocolErrors).toBe(0);
});

test("startReading() that is refused is told as ERR_RECEIVE", () => {
  const stage = new Stage();
  const errors: unknown[] = [];
  stage.reactor.on("error", (error) => errors.push(error));
  stage.backend.refuse("startReading", "ENOMEM");
  stage.listen();
  expect(errors).toEqual([expect.objectContaining({ code: "ERR_RECEIVE", errnoName: "ENOMEM" })]);
});

test("kernelDrops and unreadDrops are read when statistics() asks, and kept when the port closes", async () => {
  const { port, socket } = new Stage().listen();
  socket.setOption("kernelDrops", 7);
  socket.setOption("unreadDrops", 2);
  expect(port.statistics()).toMatchObject({ kernelDrops: 7, unreadDrops: 2 });
  socket.setOption("kernelDrops", 8);
  await port.stopListening();
  expect(port.statistics()).toMatchObject({ kernelDrops: 8, unreadDrops: 2 });
});

test("kernelDrops is 0 where the backend cannot tell", () => {
  const { port, socket } = new Stage({ without: ["get kernelDrops"] }).listen();
  socket.setOption("kernelDrops", 7);
  expect(port.statistics().kernelDrops).toBe(0);
});

test("statistics() is a snapshot, which later datagrams do not change", () => {
  const { port, socket } = new Stage().listen();
  const before = port.statistics();
  socket.deliver("x");
  expect(before.received).toBe(0);
});

test("an error nobody listens to is logged once", () => {
  const stage = new Stage();
  const protocol = new Notes();
  stage.reactor.listenUDP(9999, protocol);
  const thrown = new Error("spam");
  protocol.onReceived = () => {
    throw thrown;
  };
  stage.backend.last.deliver("x");
  expect(stage.loggedErrors).toEqual([thrown]);
});

test("an error that the reactor's listener hears is not logged", () => {
  const stage = new Stage();
  const heard = vi.fn();
  stage.reactor.on("error", heard);
  const protocol = new Notes();
  const port = stage.reactor.listenUDP(9999, protocol);
  protocol.onReceived = () => {
    throw new Error("spam");
  };
  stage.backend.last.deliver("x");
  expect(heard).toHaveBeenCalledExactlyOnceWith(new Error("spam"), port);
  expect(stage.loggedErrors).toEqual([]);
});

test.each(["copy", "from", "arrival"] as const)(
  "a datagram that the backend cannot read is counted as discarded, and those after it are delivered: %s() throws",
  (method) => {
    const { port, protocol, socket, events } = new Stage().listen({ arrival: true });
    socket.spoil(method, 1);
    socket.deliver("one", "two", "three");
    expect(protocol.texts).toEqual(["one", "three"]);
    expect(port.statistics()).toMatchObject({ received: 2, receivedBytes: 8, discarded: 1, protocolErrors: 1 });
    expect(events).toMatchObject([["error", { message: `no ${method} of datagram 1` }]]);
  },
);

test("a datagram that cannot be kept while the port is paused is counted as discarded, and the others come after resume()", () => {
  const { port, protocol, socket } = new Stage().listen();
  socket.spoil("copy", 1);
  protocol.onReceived = () => {
    protocol.onReceived = () => {};
    port.pauseReading();
  };
  socket.deliver("one", "two", "three");
  port.resumeReading();
  return vi.waitFor(() => {
    expect(protocol.texts).toEqual(["one", "three"]);
    expect(port.statistics()).toMatchObject({ received: 2, discarded: 1 });
  });
});
