// Paced ports on real sockets, and on the network in memory: nothing arrives before its time, nothing is lost.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { DatagramProtocol, Reactor } from "@groupcast/reactor";
import { describe, expect, test } from "vitest";
import { BACKENDS } from "../../support/backends.js";
import { hasIPv6 } from "../../support/probe.js";
import { needs, Received, reactorOn } from "./loopback-stage.js";

const HEADER_BYTES = { 4: 28, 6: 48 } as const;
const HOST = { 4: "127.0.0.1", 6: "::1" } as const;
const RATE = 1_000_000;
const BURST_BYTES = RATE / 1000;
const MATRIX = BACKENDS.flatMap((backend) => ([4, 6] as const).map((family) => ({ backend, family })));

describe.each(MATRIX)("$backend, IPv$family:", ({ backend, family }) => {
  needs(backend, ...(family === 6 ? [hasIPv6] : []));

  test("a paced port sends all of it, in order, and none before its time", async () => {
    await using reactor = reactorOn(backend);
    const server = new Received();
    const to = reactor.listenUDP(0, server, { interface: HOST[family] }).getHost();
    const port = reactor.listenUDP(0, new Received(), { interface: HOST[family], maxBytesPerSecond: RATE });
    // As many as a receive buffer of Linux's default size holds: a busy machine sends them faster than it reads them.
    const texts = Array.from({ length: 150 }, (_, i) => `${i} `.padEnd(200, "."));
    const startMs = reactor.clock.nowMs();
    const settled = texts.map((text) => port.send(text, to));
    await port.drained();
    const tookMs = reactor.clock.nowMs() - startMs;
    await Promise.all(settled);
    await server.arrivals(texts.length);
    expect(server.texts).toEqual(texts);
    const bytes = texts.length * (200 + HEADER_BYTES[family]);
    expect(tookMs).toBeGreaterThanOrEqual(((bytes - BURST_BYTES) / RATE) * 1000 - 0.01);
    expect(port.statistics()).toMatchObject({ sent: texts.length, dropped: 0, queued: 0 });
  });

  test("a paced port leaves the time of others alone", async () => {
    await using reactor = reactorOn(backend);
    const server = new Received();
    const to = reactor.listenUDP(0, server, { interface: HOST[family] }).getHost();
    const slow = reactor.listenUDP(0, new Received(), { interface: HOST[family], maxBytesPerSecond: 1 });
    const fast = reactor.listenUDP(0, new Received(), { interface: HOST[family] });
    for (const text of ["first", "waits", "waits"]) slow.write(text, to);
    for (let i = 0; i < 100; i++) fast.write(`fast ${i}`, to);
    await server.arrivals(101);
    expect(server.texts).toHaveLength(101);
    expect(slow.statistics()).toMatchObject({ sent: 1, queued: 2 });
    slow.stopNow();
  });
});

test("a paced port of the network in memory sends each datagram at its exact time, to a group and to a host", async () => {
  const network = new MemoryNetwork();
  const logger = { info() {}, warn() {}, error() {} };
  const [a, b] = ["a", "b"].map((name) => new Reactor({ backend: network.host(name), clock: network.clock, logger }));
  const times: string[] = [];
  class Notes extends DatagramProtocol {
    override datagramReceived(data: Buffer): void {
      times.push(`${data} at ${network.clock.nowMs()}`);
    }
  }
  b!.listenMulticast(5000, new Notes(), { group: "239.255.0.1" });
  const port = a!.listenMulticast(0, new Notes(), { maxBytesPerSecond: 2900 }); // 10 ms for 29 bytes
  for (const text of ["1", "2", "3"]) port.write(text, { address: "239.255.0.1", port: 5000 });
  const address = b!.network.getInterfaceIPs({ ipv6: false }).find((ip) => !ip.startsWith("127."))!;
  port.write("4", { address, port: 5000 });
  await network.clock.advance(100);
  expect(times).toEqual(["1 at 0", "2 at 10", "3 at 20", "4 at 30"]);
});
