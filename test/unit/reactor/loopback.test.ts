import type { Family, Reactor, UDPPort } from "@groupcast/reactor";
import { describe, expect, test } from "vitest";
import { BACKENDS } from "../../support/backends.js";
import { hasIPv6 } from "../../support/probe.js";
import { needs, Received, reactorOn } from "./loopback-stage.js";

const HOST = { 4: "127.0.0.1", 6: "::1" } as const;
const MATRIX = BACKENDS.flatMap((backend) => ([4, 6] as const).map((family) => ({ backend, family })));

describe.each(MATRIX)("$backend, IPv$family:", ({ backend, family }) => {
  needs(backend, ...(family === 6 ? [hasIPv6] : []));

  const listen = (reactor: Reactor, protocol: Received, options = {}): UDPPort =>
    reactor.listenUDP(0, protocol, { interface: HOST[family as Family], ...options });

  test("connected datagrams arrive in order, whichever way the peer is named, and are answered", async () => {
    await using reactor = reactorOn(backend);
    const [server, client] = [new Received(), new Received()];
    const to = listen(reactor, server).getHost();
    const clientPort = listen(reactor, client);
    clientPort.connect(to.address, to.port);
    clientPort.write("a");
    clientPort.write("b", undefined);
    clientPort.write("c", to);
    await server.arrivals(3);
    expect(server.texts).toEqual(["a", "b", "c"]);
    expect(new Set(server.packets.map(({ from }) => from))).toEqual(new Set([clientPort.getHost()]));
    server.transport.write("hello", clientPort.getHost());
    await client.arrivals(1);
    expect(client.packets).toMatchObject([{ text: "hello", from: to }]);
  });

  test("datagrams of 0 and of the most bytes arrive unchanged", async () => {
    await using reactor = reactorOn(backend);
    const server = new Received();
    const to = listen(reactor, server).getHost();
    const limit = family === 4 ? 65_507 : 65_527;
    const largest = Buffer.from(Array.from({ length: limit }, (_, index) => index % 251));
    const client = listen(reactor, new Received());
    client.write("", to);
    client.write(largest, to);
    await server.arrivals(2);
    expect(server.packets[0]?.data).toHaveLength(0);
    expect(server.packets[1]?.data.equals(largest)).toBe(true);
  });

  test("a datagram longer than maxPacketSize arrives cut, and is counted", async () => {
    await using reactor = reactorOn(backend);
    const server = new Received();
    const port = listen(reactor, server, { maxPacketSize: 4 });
    listen(reactor, new Received()).write("123456", port.getHost());
    await server.arrivals(1);
    expect(server.texts).toEqual(["1234"]);
    expect(port.statistics().truncated).toBe(1);
  });

  test("a connected port hears connectionRefused(), stays open, and hears its peer once that is there", async () => {
    await using reactor = reactorOn(backend);
    const gone = listen(reactor, new Received());
    const { address, port } = gone.getHost();
    await gone.stopListening();
    const client = new Received();
    const clientPort = listen(reactor, client);
    clientPort.connect(address, port);
    for (let i = 0; i < 10; i++) clientPort.write("anybody there?");
    await client.until("a refusal", () => client.refusals > 0);
    const server = new Received();
    reactor.listenUDP(port, server, { interface: address }).write("here", clientPort.getHost());
    await client.arrivals(1);
    expect(client.texts).toEqual(["here"]);
    expect(client.stops).toBe(0);
  });

  test("a port that is not connected goes on after it wrote to where nobody listens", async () => {
    await using reactor = reactorOn(backend);
    const gone = listen(reactor, new Received());
    const dead = gone.getHost();
    await gone.stopListening();
    const server = new Received();
    const port = listen(reactor, server);
    for (let i = 0; i < 10; i++) port.write("anybody there?", dead);
    listen(reactor, new Received()).write("still here?", port.getHost());
    await server.arrivals(1);
    expect(server.texts).toEqual(["still here?"]);
    expect(server.refusals).toBe(0);
  });

  test("a throwing datagramReceived() is told for each datagram, and the port goes on", async () => {
    await using reactor = reactorOn(backend);
    const errors: unknown[] = [];
    reactor.on("error", (error) => errors.push(error));
    const server = new Received();
    server.onReceived = (text) => {
      if (text !== "fence") throw new Error(text);
    };
    const to = listen(reactor, server).getHost();
    const client = listen(reactor, new Received());
    for (const text of ["one", "two", "fence"]) client.write(text, to);
    await server.arrivals(3);
    expect(errors).toEqual([new Error("one"), new Error("two")]);
  });

  test("what was written before stopListening() arrives, all of it", async () => {
    await using reactor = reactorOn(backend);
    const server = new Received();
    const to = listen(reactor, server).getHost();
    const client = listen(reactor, new Received());
    const texts = Array.from({ length: 200 }, (_, index) => `datagram ${index}`);
    for (const text of texts) client.write(text, to);
    await client.stopListening();
    expect(client.statistics()).toMatchObject({ sent: 200, dropped: 0, sendFailed: 0 });
    await server.arrivals(200);
    expect(server.texts).toEqual(texts);
  });

  test("nothing is delivered after stopListening() was called inside datagramReceived()", async () => {
    await using reactor = reactorOn(backend);
    const [server, fence] = [new Received(), new Received()];
    const port = listen(reactor, server);
    server.onReceived = () => void port.stopListening();
    const fencePort = listen(reactor, fence);
    const client = listen(reactor, new Received());
    for (let i = 0; i < 10; i++) client.write(String(i), port.getHost());
    client.write("fence", fencePort.getHost());
    await fence.arrivals(1);
    await port.stopListening();
    expect(server.texts).toEqual(["0"]);
  });

  test("what arrives while reading is paused is delivered in order after resumeReading()", async () => {
    await using reactor = reactorOn(backend);
    const [server, fence] = [new Received(), new Received()];
    const port = listen(reactor, server);
    const fencePort = listen(reactor, fence);
    const client = listen(reactor, new Received());
    port.pauseReading();
    for (const text of ["1", "2", "3"]) client.write(text, port.getHost());
    client.write("fence", fencePort.getHost());
    await fence.arrivals(1);
    expect(server.texts).toEqual([]);
    port.resumeReading();
    await server.arrivals(3);
    expect(server.texts).toEqual(["1", "2", "3"]);
  });

  test("a stopped port's protocol and number can be used again at once", async () => {
    await using reactor = reactorOn(backend);
    const server = new Received();
    const first = listen(reactor, server);
    const { port } = first.getHost();
    await first.stopListening();
    const second = reactor.listenUDP(port, server, { interface: HOST[family as Family] });
    listen(reactor, new Received()).write("again", second.getHost());
    await server.arrivals(1);
    expect(server).toMatchObject({ starts: 2, stops: 1 });
  });

  test("disconnect() lets anybody in again", async () => {
    await using reactor = reactorOn(backend);
    const [server, other] = [new Received(), new Received()];
    const port = listen(reactor, server);
    const [peer, stranger] = [listen(reactor, new Received()), listen(reactor, other)];
    port.connect(peer.getHost().address, peer.getHost().port);
    stranger.write("not yet", port.getHost());
    peer.write("peer", port.getHost());
    await server.arrivals(1);
    port.disconnect();
    stranger.write("now", port.getHost());
    await server.arrivals(2);
    expect(server.texts).toEqual(["peer", "now"]);
  });

  test("a number that is taken throws CannotListenError inside the call", async () => {
    await using reactor = reactorOn(backend);
    const { address, port } = listen(reactor, new Received()).getHost();
    expect(() => reactor.listenUDP(port, new Received(), { interface: address })).toThrow(
      expect.objectContaining({ name: "CannotListenError", errnoName: "EADDRINUSE", address, port }),
    );
  });
});

describe.each(BACKENDS)("%s:", (backend) => {
  needs(backend);

  test("a broadcast without permission is told by sendFailed with EACCES", async () => {
    await using reactor = reactorOn(backend);
    const port = reactor.listenUDP(0, new Received(), { interface: "127.0.0.1" });
    const failed = new Promise((resolve) => port.once("sendFailed", resolve));
    expect(port.write("x", { address: "<broadcast>", port: 9 })).toBe(true);
    expect(await failed).toMatchObject({ error: { code: "ERR_SEND", errnoName: "EACCES" }, to: { address: "255.255.255.255", port: 9 } });
  });

  test("1,000 ports open and close, and the reactor stops with 100 open ones", async () => {
    await using reactor = reactorOn(backend);
    const protocol = new Received();
    for (let i = 0; i < 1000; i++) await reactor.listenUDP(0, protocol, { interface: "127.0.0.1" }).stopListening();
    expect(protocol).toMatchObject({ starts: 1000, stops: 1000 });
    const protocols = Array.from({ length: 100 }, () => new Received());
    for (const each of protocols) reactor.listenUDP(0, each, { interface: "127.0.0.1" });
    await reactor.stop();
    expect(protocols.map(({ stops }) => stops)).toEqual(protocols.map(() => 1));
  });
});
