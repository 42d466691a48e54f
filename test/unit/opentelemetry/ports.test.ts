// Metrics of ports and memberships, through the SDK, on a network in memory.
import { MemoryNetwork } from "@groupcast/backend-memory";
import { instrument } from "@groupcast/opentelemetry";
import { type PortStatistics, Reactor, type UDPPort } from "groupcast";
import { expect, test } from "vitest";
import { Collector } from "./collector.js";

const PORT = 9999;
const RECEIVED = "groupcast.port.datagrams.received";
const SENT = "groupcast.port.datagrams.sent";
const OPEN = "groupcast.port.count";
const OWN = ` network.local.port=${PORT}`;
const SILENT = { info() {}, warn() {}, error() {} };

class Site {
  readonly network = new MemoryNetwork();
  readonly host = this.network.host("a");
  readonly collector = new Collector();
  readonly meterProvider = this.collector.provider;
  readonly reactor = this.newReactor();

  newReactor(): Reactor {
    return new Reactor({ backend: this.host, clock: this.network.clock, logger: SILENT });
  }

  open(number = 0, datagramReceived: () => void = () => {}): UDPPort {
    return this.reactor.listenUDP(number, { datagramReceived });
  }

  /** Sends `count` datagrams from a port to itself. */
  async traffic(port: UDPPort, count: number): Promise<void> {
    for (let i = 0; i < count; i++) port.write("12345", { address: "127.0.0.1", port: port.getHost().port });
    await this.network.clock.advance(10);
  }

  /** Stops a port, and moves the clock, which it may wait for. */
  async close(port: UDPPort): Promise<void> {
    const stopped = port.stopListening();
    await this.network.clock.advance(1);
    await stopped;
  }
}

/** Metric of each counter, its unit, and whether it only grows. */
const METRICS: Readonly<Record<keyof PortStatistics, readonly [name: string, unit: string, isMonotonic: boolean]>> = {
  received: ["groupcast.port.datagrams.received", "{datagram}", true],
  receivedBytes: ["groupcast.port.payload.received", "By", true],
  truncated: ["groupcast.port.datagrams.truncated", "{datagram}", true],
  foreign: ["groupcast.port.datagrams.foreign", "{datagram}", true],
  discarded: ["groupcast.port.datagrams.discarded", "{datagram}", true],
  kernelDrops: ["groupcast.port.datagrams.kernel_dropped", "{datagram}", true],
  unreadDrops: ["groupcast.port.datagrams.unread_dropped", "{datagram}", true],
  sent: ["groupcast.port.datagrams.sent", "{datagram}", true],
  sentBytes: ["groupcast.port.payload.sent", "By", true],
  queued: ["groupcast.port.datagrams.queued", "{datagram}", false],
  queuedBytes: ["groupcast.port.payload.queued", "By", false],
  dropped: ["groupcast.port.datagrams.dropped", "{datagram}", true],
  sendFailed: ["groupcast.port.datagrams.send_failed", "{datagram}", true],
  suppressed: ["groupcast.port.datagrams.suppressed", "{datagram}", true],
  refused: ["groupcast.port.refusals", "{refusal}", true],
  protocolErrors: ["groupcast.port.protocol.errors", "{error}", true],
};

test("each counter of a port is a metric with its name, unit and kind", async () => {
  const { reactor, meterProvider, collector, ...site } = new Site();
  const port = reactor.listenUDP(PORT, { datagramReceived() {} });
  const counters = Object.keys(port.statistics()) as (keyof PortStatistics)[];
  const numbered = Object.fromEntries(counters.map((counter, index) => [counter, 100 + index])) as unknown as PortStatistics;
  port.statistics = () => numbered;
  instrument(reactor, { meterProvider });
  const { values, kinds, errors } = await collector.collect();
  expect(errors).toEqual([]);
  expect(Object.keys(METRICS)).toEqual(counters);
  for (const counter of counters) {
    const [name, ...kind] = METRICS[counter];
    expect([counter, values.get(name), kinds.get(name)]).toEqual([counter, numbered[counter], kind]);
  }
  expect(kinds.get(OPEN)).toEqual(["{port}", false]);
  expect(site.network.clock.nowMs()).toBe(0);
});

test("ports without series of their own share one, and what was counted before instrument() counts", async () => {
  const site = new Site();
  const [a, b] = [site.open(), site.open()];
  await site.traffic(a, 2);
  instrument(site.reactor, { meterProvider: site.meterProvider });
  await site.traffic(b, 3);
  const { values } = await site.collector.collect();
  expect([values.get(RECEIVED), values.get(SENT), values.get("groupcast.port.payload.received"), values.get(OPEN)]).toEqual([5, 5, 25, 2]);
});

test("a port of byPort has series of its own, which go on when the number is opened again", async () => {
  const site = new Site();
  instrument(site.reactor, { meterProvider: site.meterProvider, byPort: [PORT] });
  const first = site.open(PORT);
  await site.traffic(first, 2);
  await site.traffic(site.open(), 1);
  expect(await site.collector.valueOf(RECEIVED + OWN)).toBe(2);
  await site.close(first);
  const closed = await site.collector.collect();
  expect([closed.values.get(RECEIVED + OWN), closed.values.get(OPEN + OWN), closed.values.get(RECEIVED)]).toEqual([2, 0, 1]);
  await site.traffic(site.open(PORT), 3);
  const again = await site.collector.collect();
  expect([again.values.get(RECEIVED + OWN), again.values.get(OPEN + OWN), again.values.get(OPEN)]).toEqual([5, 1, 1]);
});

test("10,000 ports that come and go add no series, and each is counted once", async () => {
  const site = new Site();
  instrument(site.reactor, { meterProvider: site.meterProvider, byPort: [PORT] });
  const before = (await site.collector.collect()).values.size;
  for (let round = 0; round < 10; round++) {
    const ports = Array.from({ length: 1000 }, () => site.open());
    for (const port of ports) port.write("x", { address: "127.0.0.1", port: ports[0]!.getHost().port });
    await site.network.clock.advance(1);
    expect(await site.collector.valueOf(OPEN)).toBe(1000);
    await Promise.all(ports.map((port) => port.stopListening()));
  }
  const { values } = await site.collector.collect();
  expect([values.size, values.get(SENT), values.get(OPEN)]).toEqual([before, 10_000, 0]);
});

test("no sum falls while a port closes, whoever asks when", async () => {
  const site = new Site();
  const seen: Promise<number | undefined>[] = [];
  const look = (): void => void seen.push(site.collector.valueOf(SENT));
  site.reactor.on("closed", look); // before the listener of instrument(), and after the port has left reactor.ports
  instrument(site.reactor, { meterProvider: site.meterProvider });
  site.reactor.on("closed", look);
  const port = site.reactor.listenUDP(0, { datagramReceived() {}, stopProtocol: look });
  port.on("closed", look);
  await site.traffic(port, 4);
  expect(await site.collector.valueOf(SENT)).toBe(4);
  const stopped = port.stopListening();
  look();
  await site.network.clock.advance(1);
  await stopped;
  look();
  expect(await Promise.all(seen)).toEqual([4, 4, 4, 4, 4, 4]);
});

test("the errors of a protocol that throws are counted, and what it received is", async () => {
  const site = new Site();
  instrument(site.reactor, { meterProvider: site.meterProvider });
  site.reactor.on("error", () => {});
  const port = site.open(0, () => {
    throw new Error("of the protocol");
  });
  await site.traffic(port, 3);
  const { values, errors } = await site.collector.collect();
  expect([values.get("groupcast.port.protocol.errors"), values.get(RECEIVED), errors]).toEqual([3, 3, []]);
});

test("memberships are counted by state, and those of a closed port no more", async () => {
  const site = new Site();
  instrument(site.reactor, { meterProvider: site.meterProvider, byPort: [PORT] });
  const port = site.reactor.listenMulticast(PORT, { datagramReceived() {} });
  const other = site.reactor.listenMulticast(0, { datagramReceived() {} });
  site.host.addInterface("eth1", { addresses: ["10.0.0.77/24"], switch: "lan" });
  await site.network.clock.advance(10);
  port.joinGroup("239.255.0.1", "eth0");
  port.joinGroup("239.255.0.2", "eth0");
  port.joinGroup("239.255.0.1", "eth1");
  port.joinGroup("239.255.0.1", "eth7");
  other.joinGroup("239.255.0.1", "eth0");
  site.host.removeInterface("eth1");
  await site.network.clock.advance(10);
  const counts = async (of: string): Promise<unknown[]> => {
    const { values } = await site.collector.collect();
    return ["joined", "waiting", "lost"].map((state) => values.get(`groupcast.membership.count${of} groupcast.membership.state=${state}`));
  };
  expect([await counts(OWN), await counts("")]).toEqual([
    [2, 1, 1],
    [1, 0, 0],
  ]);
  await site.close(port);
  expect([await counts(OWN), await counts("")]).toEqual([
    [0, 0, 0],
    [1, 0, 0],
  ]);
});

test("a reactor that has stopped keeps its sums", async () => {
  const site = new Site();
  instrument(site.reactor, { meterProvider: site.meterProvider });
  await site.traffic(site.open(), 2);
  const stopped = site.reactor.stop();
  await site.network.clock.advance(1);
  await stopped;
  const { values, errors } = await site.collector.collect();
  expect([values.get(RECEIVED), values.get(OPEN), errors]).toEqual([2, 0, []]);
});

test("reactors with names have series of their own at one provider", async () => {
  const site = new Site();
  const { meterProvider, collector } = site;
  const second = site.newReactor();
  instrument(site.reactor, { meterProvider, name: "a" });
  instrument(second, { meterProvider, name: "b", byPort: [PORT] });
  await site.traffic(site.open(), 1);
  await site.traffic(second.listenUDP(PORT, { datagramReceived() {} }), 2);
  const { values } = await collector.collect();
  const series = [" groupcast.reactor.name=a", " groupcast.reactor.name=b", ` groupcast.reactor.name=b${OWN}`, ""];
  expect(series.map((of) => values.get(RECEIVED + of))).toEqual([1, 0, 2, undefined]);
});

test("a second instrumentation of one name is refused until the first has stopped, and changes nothing", async () => {
  const site = new Site();
  const { reactor, meterProvider } = site;
  const port = site.open();
  const first = instrument(reactor, { meterProvider });
  const refusal = expect.objectContaining({ name: "StateError", code: "ERR_ALREADY_INSTRUMENTED", operation: "instrument" });
  expect(() => instrument(reactor, { meterProvider })).toThrow(refusal);
  expect(() => instrument(site.newReactor(), { meterProvider })).toThrow(refusal);
  expect(() => instrument(site.newReactor(), { meterProvider: new Collector().provider })).not.toThrow();
  await site.traffic(port, 2);
  expect(await site.collector.valueOf(RECEIVED)).toBe(2);
  first.stop();
  instrument(reactor, { meterProvider });
  await site.traffic(port, 1);
  expect(await site.collector.valueOf(RECEIVED)).toBe(3);
});

test("stop() ends the observation, and once is enough", async () => {
  const site = new Site();
  const { reactor, meterProvider } = site;
  const port = site.open();
  const reads = countReads(port);
  {
    using instrumentation = instrument(reactor, { meterProvider });
    await site.collector.collect();
    expect(reads()).toBe(1);
    instrumentation.stop();
    const next = instrument(reactor, { meterProvider });
    instrumentation.stop(); // must not give up the name of the next one
    expect(() => instrument(reactor, { meterProvider })).toThrow();
    next.stop();
  }
  {
    using _ = instrument(reactor, { meterProvider });
  }
  await site.collector.collect();
  expect(reads()).toBe(1);
  await site.close(port);
  expect(reads()).toBe(1 + READS_BY_PORT);
});

test("a provider that throws gets no name and no listener", async () => {
  const site = new Site();
  const { meterProvider, reactor } = site;
  const port = site.open();
  const reads = countReads(port);
  const meter = meterProvider.getMeter("@groupcast/opentelemetry"); // the SDK keeps one for a name
  const { createObservableCounter } = meter;
  meter.createObservableCounter = () => {
    throw new Error("no more instruments");
  };
  expect(() => instrument(reactor, { meterProvider })).toThrow("no more instruments");
  await site.close(port);
  expect(reads()).toBe(READS_BY_PORT);
  meter.createObservableCounter = createObservableCounter;
  expect(() => instrument(reactor, { meterProvider })).not.toThrow();
});

const READS_BY_PORT = 1; // for its message groupcast:port:closed

/** Returns a function that returns the number of calls of `port.statistics()`. */
function countReads(port: UDPPort): () => number {
  let reads = 0;
  const { statistics } = port;
  port.statistics = () => {
    reads++;
    return statistics.call(port);
  };
  return () => reads;
}
