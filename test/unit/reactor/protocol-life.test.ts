import { DatagramProtocol } from "@groupcast/reactor";
import { expect, test } from "vitest";
import { METHODS_OF_ALL_PORTS, METHODS_OF_OPEN_PORTS, PROMISING_METHODS_OF_OPEN_PORTS } from "./public-methods.js";
import { Notes, Stage, turn } from "./stage.js";

test("transport throws ERR_NOT_LISTENING before the first port", () => {
  expect(() => new Notes().transport).toThrow(expect.objectContaining({ code: "ERR_NOT_LISTENING", name: "StateError" }));
});

test("transport is there from startProtocol() to the end, and gone in stopProtocol()", async () => {
  const { port, protocol, events } = new Stage().listen();
  expect(protocol.transport).toBe(port);
  protocol.onStop = () => void protocol.transport;
  await port.stopListening();
  expect(events).toEqual([["error", expect.objectContaining({ code: "ERR_NOT_LISTENING" })], ["closed"]]);
});

test("transport is the port already while startProtocol() runs", () => {
  const { reactor } = new Stage();
  const protocol = new Notes();
  const seen: unknown[] = [];
  protocol.onStart = () => seen.push(protocol.transport);
  expect(seen).toEqual([]);
  const port = reactor.listenUDP(0, protocol);
  expect(seen).toEqual([port]);
});

test("startProtocol() that throws closes the socket, gives the protocol free, and comes out of listenUDP() as it is", () => {
  const { backend, reactor } = new Stage();
  const protocol = new Notes();
  const thrown = new Error("not today");
  protocol.onStart = () => {
    throw thrown;
  };
  expect(() => reactor.listenUDP(9999, protocol)).toThrow(thrown);
  expect(backend.openSockets).toEqual([]);
  expect(reactor.ports).toEqual([]);
  expect(() => protocol.transport).toThrow(expect.objectContaining({ code: "ERR_NOT_LISTENING" }));
  protocol.onStart = () => {};
  expect(reactor.listenUDP(9999, protocol).getHost().port).toBe(9999);
  expect(protocol.calls).toEqual(["startProtocol", "startProtocol"]);
});

test("startProtocol() that writes and throws sends nothing, and the port it kept says that it is closed", async () => {
  const { backend, reactor } = new Stage();
  const protocol = new Notes();
  let kept: DatagramProtocol["transport"] | undefined;
  protocol.onStart = () => {
    kept = protocol.transport;
    kept.write("lost", { address: "192.0.2.1", port: 1 });
    throw new Error("not today");
  };
  expect(() => reactor.listenUDP(0, protocol)).toThrow("not today");
  await turn();
  expect(backend.calls).not.toContain("send");
  expect(kept?.statistics()).toMatchObject({ sent: 0, sendFailed: 0, dropped: 1, queued: 0 });
  expect(() => kept?.write("later", { address: "192.0.2.1", port: 1 })).toThrow(expect.objectContaining({ code: "ERR_CLOSED" }));
  await kept?.stopListening();
});

test("startProtocol() that stops the port and throws is not followed by stopProtocol()", async () => {
  const { backend, reactor } = new Stage();
  const protocol = new Notes();
  let stopped: Promise<void> | undefined;
  protocol.onStart = () => {
    stopped = protocol.transport.stopListening();
    throw new Error("not today");
  };
  expect(() => reactor.listenUDP(0, protocol)).toThrow("not today");
  await stopped;
  expect(protocol.calls).toEqual(["startProtocol"]);
  expect(backend.openSockets).toEqual([]);
  expect(backend.calls.filter((call) => call === "close")).toHaveLength(1);
});

test("startProtocol() that rejects is told as an error, and the port goes on", async () => {
  const { reactor } = new Stage();
  const rejected = new Error("not today");
  class Async extends Notes {
    override async startProtocol(): Promise<void> {
      throw rejected;
    }
  }
  const errors: unknown[] = [];
  reactor.on("error", (error, port) => errors.push([error, port]));
  const port = reactor.listenUDP(0, new Async());
  await turn();
  expect(errors).toEqual([[rejected, port]]);
  expect(reactor.ports).toEqual([port]);
  expect(port.statistics().protocolErrors).toBe(1);
});

test("stopProtocol() is called once after stopListening(), however often that is called, and the promise is the same", async () => {
  const { reactor } = new Stage();
  const protocol = new Notes();
  const port = reactor.listenUDP(0, protocol);
  const first = port.stopListening();
  expect(port.stopListening()).toBe(first);
  expect(protocol.calls).toEqual(["startProtocol"]);
  await first;
  expect(port.stopListening()).toBe(first);
  await turn();
  expect(protocol.calls).toEqual(["startProtocol", "stopProtocol"]);
});

test("stopProtocol() runs while the socket is still open, and what it throws is told", async () => {
  const stage = new Stage();
  const { port, protocol, socket, events } = stage.listen();
  const thrown = new Error("no end");
  const seen: unknown[] = [];
  protocol.onStop = () => {
    seen.push(socket.isClosed);
    throw thrown;
  };
  await port.stopListening();
  expect(seen).toEqual([false]);
  expect(socket.isClosed).toBe(true);
  expect(events).toEqual([["error", thrown], ["closed"]]);
});

test("stopProtocol() that rejects is told as an error", async () => {
  const { reactor } = new Stage();
  const rejected = new Error("no end");
  class Async extends Notes {
    override async stopProtocol(): Promise<void> {
      throw rejected;
    }
  }
  const errors: unknown[] = [];
  reactor.on("error", (error) => errors.push(error));
  await reactor.listenUDP(0, new Async()).stopListening();
  await turn();
  expect(errors).toEqual([rejected]);
});

test("stopProtocol() is called once for every port at shutdown, paused ones and those that stop already among them", async () => {
  const { reactor } = new Stage();
  const protocols = [new Notes(), new Notes(), new Notes()];
  const ports = protocols.map((protocol) => reactor.listenUDP(0, protocol));
  ports[1]?.pauseReading();
  void ports[2]?.stopListening();
  await reactor.stop();
  expect(protocols.map(({ calls }) => calls)).toEqual([
    ["startProtocol", "stopProtocol"],
    ["startProtocol", "stopProtocol"],
    ["startProtocol", "stopProtocol"],
  ]);
});

test("stopProtocol() of one port that throws does not keep the others from stopping at shutdown", async () => {
  const { reactor } = new Stage();
  const protocols = [new Notes(), new Notes()];
  for (const protocol of protocols) {
    protocol.onStop = () => {
      throw new Error("no end");
    };
    reactor.listenUDP(0, protocol);
  }
  await reactor.stop();
  expect(protocols.map(({ calls }) => calls.at(-1))).toEqual(["stopProtocol", "stopProtocol"]);
});

test("listenUDP() takes a protocol again after its port has closed, and starts and stops it again", async () => {
  const { reactor } = new Stage();
  const protocol = new Notes();
  await reactor.listenUDP(0, protocol).stopListening();
  await reactor.listenUDP(0, protocol).stopListening();
  expect(protocol.calls).toEqual(["startProtocol", "stopProtocol", "startProtocol", "stopProtocol"]);
});

test("listenUDP() takes a protocol again inside its stopProtocol()", async () => {
  const { reactor } = new Stage();
  const protocol = new Notes();
  const port = reactor.listenUDP(0, protocol);
  protocol.onStop = () => {
    protocol.onStop = () => {};
    reactor.listenUDP(0, protocol);
  };
  await port.stopListening();
  expect(reactor.ports).toHaveLength(1);
  expect(protocol.transport).toBe(reactor.ports[0]);
});

test("getHost() tells the address that the port had when it has closed, and getPeer() its peer", async () => {
  const { reactor } = new Stage();
  const port = reactor.connectUDP("192.0.2.1", 80, new Notes(), { localPort: 4242 });
  await port.stopListening();
  expect(port.getHost()).toEqual({ address: "0.0.0.0", port: 4242, family: 4 });
  expect(port.getPeer()).toEqual({ address: "192.0.2.1", port: 80, family: 4 });
});

test("logPrefix() is the name of the class unless it says otherwise", () => {
  class Sensor extends DatagramProtocol {}
  const { reactor } = new Stage();
  expect(String(reactor.listenUDP(4242, new Sensor()))).toBe("Sensor on 4242");
  expect(String(reactor.listenUDP(4243, new (class extends DatagramProtocol {})()))).toBe("Protocol on 4243"); // a class without a name
});

test("logPrefix() that throws comes out of listenUDP(), and nothing is opened", () => {
  class Nameless extends DatagramProtocol {
    override logPrefix(): string {
      throw new Error("no name");
    }
  }
  const { backend, reactor } = new Stage();
  expect(() => reactor.listenUDP(0, new Nameless())).toThrow("no name");
  expect(backend.openSockets).toEqual([]);
});

test.each(METHODS_OF_OPEN_PORTS)("%s() throws ERR_CLOSED with the port number as soon as stopListening() was called", async (method) => {
  const { port } = new Stage().listen();
  const call = port[method].bind(port) as () => unknown;
  const isClosed = expect.objectContaining({ code: "ERR_CLOSED", name: "StateError", operation: method, port: 9999 });
  const stopped = port.stopListening();
  expect(call).toThrow(isClosed);
  await stopped;
  expect(call).toThrow(isClosed);
});

test.each(PROMISING_METHODS_OF_OPEN_PORTS)("%s() rejects with ERR_CLOSED as soon as stopListening() was called", async (method) => {
  const { port } = new Stage().listen();
  const call = port[method].bind(port) as () => Promise<unknown>;
  const isClosed = { code: "ERR_CLOSED", name: "StateError", operation: method, port: 9999 };
  const stopped = port.stopListening();
  await expect(call()).rejects.toMatchObject(isClosed);
  await stopped;
  await expect(call()).rejects.toMatchObject(isClosed);
});

test.each(METHODS_OF_ALL_PORTS)("%s() answers after the port has closed", async (method) => {
  const { port } = new Stage().listen();
  await port.stopListening();
  const call = port[method].bind(port) as (...args: unknown[]) => unknown;
  expect(() => call("closed", () => {})).not.toThrow();
});

test("getters and statistics() go on after the port has closed", async () => {
  const { port } = new Stage().listenMulticast({ ttl: 7, group: "239.255.0.1" });
  await port.stopListening();
  expect(port.getTTL()).toBe(7);
  expect(port.getLoopbackMode()).toBe(true);
  expect(port.getBroadcastAllowed()).toBe(false);
  expect(port.memberships).toEqual([]);
  expect(port.statistics()).toMatchObject({ received: 0, queued: 0 });
  expect(port.ref().unref()).toBe(port);
});

test("signal stops the port when it aborts, and is left alone once the port has closed", async () => {
  const { reactor } = new Stage();
  const controller = new AbortController();
  const protocol = new Notes();
  const port = reactor.listenUDP(0, protocol, { signal: controller.signal });
  controller.abort();
  await port.stopListening();
  expect(protocol.calls).toEqual(["startProtocol", "stopProtocol"]);
  const other = new AbortController();
  await reactor.listenUDP(0, new Notes(), { signal: other.signal }).stopListening();
  other.abort();
});

test("signal stops the port when startProtocol() aborts it", async () => {
  const { reactor } = new Stage();
  const controller = new AbortController();
  const protocol = new Notes();
  protocol.onStart = () => controller.abort();
  reactor.listenUDP(0, protocol, { signal: controller.signal });
  await turn();
  expect(protocol.calls).toEqual(["startProtocol", "stopProtocol"]);
});

test("ref() and unref() reach the socket", () => {
  const { port, socket } = new Stage().listen();
  expect(socket.isReferenced).toBe(true);
  port.unref();
  expect(socket.isReferenced).toBe(false);
  port.ref();
  expect(socket.isReferenced).toBe(true);
});
