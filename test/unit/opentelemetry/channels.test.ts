// Metrics of channels and their transports, through the SDK, on a network in memory.
import { type ChannelCounters, ChannelNode, type TransportStatistics, UdpTransport } from "@groupcast/channels";
import { type InstrumentOptions, instrument, type ObservedNode } from "@groupcast/opentelemetry";
import { expect, expectTypeOf, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";
import { Collector } from "./collector.js";

const POSE = " groupcast.channel.name=robot/pose";
const UDP = " groupcast.transport.kind=udp";
const PUBLISHED = "groupcast.channel.messages.published";

class Site extends MemorySite {
  readonly collector = new Collector();

  instrument(options: InstrumentOptions): void {
    instrument(this.reactor("a"), { meterProvider: this.collector.provider, ...options });
  }
}

/** Counters with a number of their own for each. */
function numbered<T>(names: readonly (keyof T)[], first: number): T {
  return Object.fromEntries(names.map((name, index) => [name, first + index])) as T;
}

/** Metric of each counter of a channel, and its unit. */
const CHANNEL: Readonly<Record<keyof ChannelCounters, readonly [name: string, unit: string]>> = {
  published: ["messages.published", "{message}"],
  dropped: ["messages.dropped", "{message}"],
  received: ["messages.received", "{message}"],
  lost: ["messages.lost", "{message}"],
  late: ["messages.late", "{message}"],
  repeated: ["messages.repeated", "{message}"],
  restarts: ["source.restarts", "{restart}"],
  undecodable: ["messages.undecodable", "{message}"],
  unopened: ["packets.unopened", "{packet}"],
  replayed: ["packets.replayed", "{packet}"],
  stale: ["packets.stale", "{packet}"],
  evicted: ["source.evictions", "{source}"],
  malformed: ["packets.malformed", "{packet}"],
  incomplete: ["messages.incomplete", "{message}"],
  failed: ["subscriber.errors", "{error}"],
  discarded: ["messages.discarded", "{message}"],
  deadlines: ["deadlines.missed", "{deadline}"],
};

test("each counter of a channel, and of a transport, is a counter with its name and unit", async () => {
  const site = new Site();
  const node = site.node("a");
  const channel = node.channel("robot/pose");
  const { latency, reliable, ...counters } = channel.statistics();
  const ofChannel = Object.keys(counters) as (keyof ChannelCounters)[];
  const ofTransport = Object.keys(node.transport.statistics()) as (keyof TransportStatistics)[];
  channel.statistics = () => ({ ...numbered<ChannelCounters>(ofChannel, 100), latency, reliable });
  node.transport.statistics = () => numbered<TransportStatistics>(ofTransport, 200);
  site.instrument({ channelNodes: [node] });
  const { values, kinds, errors } = await site.collector.collect();
  expect(errors).toEqual([]);
  expect(Object.keys(CHANNEL)).toEqual(ofChannel);
  for (const [index, counter] of ofChannel.entries()) {
    const [name, unit] = CHANNEL[counter];
    expect([values.get(`groupcast.channel.${name}`), kinds.get(`groupcast.channel.${name}`)]).toEqual([100 + index, [unit, true]]);
  }
  for (const [index, counter] of ofTransport.entries()) {
    const name = `groupcast.transport.packets.${counter}`;
    expect([values.get(name + UDP), kinds.get(name)]).toEqual([200 + index, ["{packet}", true]]);
  }
});

test("channels share one series, but for those of byChannel, over all nodes", async () => {
  const site = new Site();
  const [a, b] = [site.node("a"), site.node("b")];
  site.instrument({ channelNodes: [a, b, a], byChannel: ["robot/pose", "nobody/opened"] });
  for (const node of [a, b]) node.channel("robot/pose").publish(Buffer.from("x"));
  for (const name of ["one", "two", "three"]) b.channel(name).publish(Buffer.from("x"));
  await site.settle();
  const { values } = await site.collector.collect();
  const published = (of: string): number | undefined => values.get(PUBLISHED + of);
  expect([published(POSE), published(""), published(" groupcast.channel.name=nobody/opened")]).toEqual([2, 3, 0]);
  expect([...values.keys()].filter((series) => series.startsWith(PUBLISHED))).toHaveLength(3);
});

test("a transport that nodes share is counted once, and its packets by kind", async () => {
  const site = new Site();
  const transport = new UdpTransport(site.reactor("a"));
  const nodes = ["x", "y"].map((name) => new ChannelNode(site.reactor("a"), { name, transport, heartbeatMs: 0 }));
  site.instrument({ channelNodes: nodes });
  for (const node of nodes) node.channel("c").publish(Buffer.from("x"));
  await site.settle();
  expect(await site.collector.valueOf(`groupcast.transport.packets.sent${UDP}`)).toBe(2);
});

test("a node that has closed keeps its counters", async () => {
  const site = new Site();
  const node = site.node("a");
  site.instrument({ channelNodes: [node] });
  node.channel("robot/pose").subscribe(() => {});
  for (let i = 0; i < 3; i++) node.channel("robot/pose").publish(Buffer.from("x"));
  await site.settle();
  const before = await site.collector.collect();
  expect([before.values.get(PUBLISHED), before.values.get("groupcast.channel.messages.received")]).toEqual([3, 3]);
  const closed = node.close();
  await site.settle();
  await closed;
  const after = await site.collector.collect();
  for (const [series, value] of before.values)
    if (/channel|transport/.test(series)) expect([series, after.values.get(series)]).toEqual([series, value]);
  expect(after.errors).toEqual([]);
});

test("channels that are closed one by one leave their counters in the sums, each where it was", async () => {
  const site = new Site();
  const node = site.node("a");
  site.instrument({ channelNodes: [node], byChannel: ["robot/pose"] });
  const published = async (): Promise<(number | undefined)[]> => {
    const { values } = await site.collector.collect();
    return [values.get(PUBLISHED + POSE), values.get(PUBLISHED)];
  };
  for (const name of ["robot/pose", "one", "two"]) {
    node.channel(name).publish(Buffer.from("x"));
    void node.channel(name).close();
  }
  expect(await published()).toEqual([1, 2]);
  node.channel("robot/pose").publish(Buffer.from("x"));
  node.channel("one").publish(Buffer.from("x"));
  expect(await published()).toEqual([2, 3]);
  await site.settle();
});

test("a transport whose statistics() throws is reported to the SDK, and keeps nothing else from being read", async () => {
  const site = new Site();
  const node = site.node("a");
  site.instrument({ channelNodes: [node] });
  node.channel("c").publish(Buffer.from("x"));
  await site.settle();
  node.transport.statistics = () => {
    throw new Error("of the transport");
  };
  const { values, errors } = await site.collector.collect();
  expect(errors).toMatchObject([{ message: "of the transport" }]);
  expect([values.get(PUBLISHED), values.get("groupcast.port.datagrams.sent")]).toEqual([1, 1]);
});

test("a ChannelNode is a node to observe, and its channels are those that it has opened", () => {
  expectTypeOf<ChannelNode>().toExtend<ObservedNode>();
  const node = new MemorySite().node("a");
  const opened = ["x", "y", "x"].map((name) => node.channel(name));
  expect(node.channels).toEqual([opened[0], opened[1]]);
  expect(node.channels).not.toBe(node.channels);
});
