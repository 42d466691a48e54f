// Floods of invented nodes, sources, fragments and messages: what they take is bounded, counted, and leaves room for whoever is honest.
import {
  type ChannelNode,
  ChannelRelay,
  decodeHeartbeat,
  encodeHeartbeat,
  HEARTBEAT_CHANNEL,
  type ReceivedPacket,
  UdpTransport,
} from "@groupcast/channels";
import { expect, test } from "vitest";
import { Hub, HubClock } from "../support/channels/hub.js";
import { MemorySite } from "../support/channels/memory-site.js";
import { TappedHubs } from "../support/channels/tapped-hubs.js";
import { IMPOSSIBLE_CHANNELS } from "./support/forged-channels.js";

const MEBIBYTE = 1024 * 1024;
const X = Buffer.from("x");
const LONGEST_PERIOD_MS = 60_000;

/** A heartbeat of an invented node that publishes so many channels. */
function invented(node: number, names: readonly string[], totalChannels = names.length): Buffer {
  const channels = names.map((name) => ({ name, isPublished: true, isSubscribed: false }));
  const session = node.toString(16).padStart(16, "0");
  return encodeHeartbeat({ session, name: "m", periodMs: LONGEST_PERIOD_MS, revision: 1, totalChannels, channels, isLeaving: false });
}

function namesOf(node: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `robot/${node}-${index}`);
}

/** A packet with a heartbeat from one address. */
function beatFrom(address: string, payload: Buffer): ReceivedPacket {
  return { channel: HEARTBEAT_CHANNEL, source: { id: `${address}:1`, address, port: 1 }, sequence: undefined, payload, isRelayed: false };
}

/** A fragment of a long message that never becomes whole. */
function fragment(message: number, index: number, partBytes: number, count = 3): Buffer {
  const part = Buffer.alloc(16 + partBytes);
  part.write("GCF1", "latin1");
  for (const [offset, value] of [
    [4, message],
    [8, partBytes * count],
  ] as const)
    part.writeUInt32BE(value, offset);
  part.writeUInt16BE(index, 12);
  part.writeUInt16BE(count, 14);
  return part;
}

function packetOf(id: string, payload: Buffer, channel = "c"): ReceivedPacket {
  return { channel, source: { id }, sequence: undefined, payload, isRelayed: false };
}

/** A node that gets what the test gives it. */
function target(hubs: TappedHubs, options: Parameters<TappedHubs["node"]>[2] = {}): ChannelNode {
  return hubs.node("target", hubs.far.transport(), options);
}

test("invented nodes with a thousand channels do not blind the patterns of a relay to an honest node", async () => {
  const site = new MemorySite();
  const clock = new HubClock();
  const hub = new Hub(clock);
  const relay = new ChannelRelay(site.reactor("relay"), {
    sides: [
      { transport: new UdpTransport(site.reactor("relay"), { ttl: 1, interface: "eth0" }), network: "a" },
      { transport: hub.transport(), network: "b" },
    ],
    allow: [{ channels: "robot/*" }],
    maxChannels: 256, // the default is 1024; a host in memory joins these sooner
  });
  const mallory = site.node("mallory", { ttl: 1 }).transport.openSender(HEARTBEAT_CHANNEL);
  for (let node = 0; node < 8; node++) mallory.send(invented(node, namesOf(node, 40)));
  await site.network.clock.advance(100);
  const heard: string[] = [];
  hub.transport().startReceiving("robot/honest", { packetReceived: ({ payload }) => void heard.push(payload.toString()) });
  const honest = site.node("honest", { ttl: 1, heartbeatMs: 1000 }).channel("robot/honest");
  for (let i = 0; i < 5; i++) {
    honest.publish(X);
    await site.network.clock.advance(500);
    clock.run();
  }
  expect(heard.length).toBeGreaterThan(0);
  expect(relay.statistics()[0].crowdedOut).toBeGreaterThan(0);
  relay.close();
});

test("one node that claims every channel of the directory leaves room for those of an honest one", () => {
  const hubs = new TappedHubs();
  const node = target(hubs, { heartbeatMs: 1000 });
  for (let i = 0; i < 700; i++) hubs.give(beatFrom("192.0.2.66", invented(1, namesOf(i, 100), 70_000)));
  hubs.give(beatFrom("192.0.2.1", invented(2, ["honest"])));
  expect(node.nodes.at(-1)?.channels).toMatchObject([{ name: "honest" }]);
  expect(node.statistics().directory).toMatchObject({ channels: 32_768 + 1, refused: 70_000 - 32_768 });
});

test("a flood of invented nodes from one address makes no node of another one go", () => {
  const hubs = new TappedHubs();
  const node = target(hubs, { heartbeatMs: 1000 });
  const gone: string[] = [];
  node.on("node", ({ change, node: { session } }) => change === "gone" && Number.parseInt(session, 16) === 1 && gone.push(session));
  hubs.give(beatFrom("192.0.2.1", invented(1, ["honest"])));
  for (let i = 2; i < 3400; i++) hubs.give(beatFrom("192.0.2.66", invented(i, namesOf(i, 30))));
  expect([gone, node.nodes.length]).toEqual([[], 513]);
  expect(node.statistics().directory).toMatchObject({ nodes: 513, evicted: 3398 - 512 });
});

test("heartbeats that name what is no channel make no node known, and count; their sender's other heartbeats are taken", () => {
  const hubs = new TappedHubs();
  const node = target(hubs, { heartbeatMs: 1000 });
  for (const name of IMPOSSIBLE_CHANNELS) hubs.give(beatFrom("192.0.2.66", invented(1, ["pose", name])));
  expect([node.nodes, node.statistics().directory]).toMatchObject([[], { malformed: IMPOSSIBLE_CHANNELS.length, channels: 0 }]);
  hubs.give(beatFrom("192.0.2.66", invented(1, ["pose"])));
  expect(node.nodes.flatMap(({ channels }) => channels.map(({ name }) => name))).toEqual(["pose"]);
});

test("invented publishers of a channel are bounded, and make no honest one go", () => {
  const hubs = new TappedHubs();
  const channel = target(hubs, { heartbeatMs: 1000 }).channel("pose");
  const gone: string[] = [];
  let publishers = 0;
  channel.on("publisher", ({ change, node: { session }, reason }) => {
    publishers += change === "appeared" ? 1 : -1;
    if (change === "gone" && Number.parseInt(session, 16) === 1) gone.push(`${reason}`);
  });
  hubs.give(beatFrom("192.0.2.1", invented(1, ["pose"])));
  for (let i = 2; i < 3400; i++) hubs.give(beatFrom("192.0.2.66", invented(i, ["pose"])));
  expect([gone, publishers, channel.publishers.length]).toEqual([[], 513, 513]);
});

test("an async subscriber that never ends has a bounded number of calls and messages in a flood, and all others count", () => {
  const hubs = new TappedHubs();
  const channel = target(hubs).channel("c");
  let calls = 0;
  const subscription = channel.subscribe(() => {
    calls++;
    return new Promise(() => {});
  });
  for (let i = 0; i < 10_000; i++) hubs.give(packetOf("s", X));
  expect([calls, subscription.pending, subscription.waiting]).toEqual([1024, 1024, 256]);
  expect([subscription.dropped, channel.statistics().discarded]).toEqual([10_000 - 1024 - 256, 10_000 - 1024 - 256]);
});

test("empty messages behind a long one wait in bounded number, over all channels of a node", () => {
  const node = new MemorySite().node("a");
  const channels = ["c", "d"].map((name) => node.channel(name, { fragment: true }));
  for (const channel of channels) channel.publish(Buffer.alloc(MEBIBYTE));
  let taken = 0;
  for (const channel of channels) while (taken < 400_000 && channel.publish(Buffer.alloc(0))) taken++;
  expect(taken).toBeLessThan((64 * MEBIBYTE) / 256);
  expect(taken).toBeGreaterThan(200_000);
  expect(channels.map((channel) => channel.statistics().dropped)).toEqual([1, 1]);
  expect(node.statistics().waitingBytes).toBeLessThanOrEqual(64 * MEBIBYTE);
});

test("long messages that a loop does not read are held within 64 MiB, and the latest are kept", async () => {
  const hubs = new TappedHubs();
  const channel = target(hubs).channel("c", { fragment: true });
  const messages = channel.messages();
  const [length, count] = [4 * MEBIBYTE, 512];
  for (let number = 0; number < 20; number++) {
    for (let index = 0; index < count; index++) hubs.give(packetOf("s", fragment(number, index, length / count, count)));
  }
  expect([channel.statistics().received, messages.dropped]).toEqual([20, 4]);
  const next = await messages.next();
  expect((next.value as [Buffer])[0].length).toBe(length);
  await messages.return();
});

test("fragments that never become messages are held within one bound for all channels of a node", () => {
  const hubs = new TappedHubs();
  const maxReassemblyBytes = MEBIBYTE;
  const node = target(hubs, { maxReassemblyBytes });
  const channels = Array.from({ length: 20 }, (_, index) => node.channel(`c${index}`, { fragment: true }));
  for (const channel of channels) channel.subscribe(() => {});
  for (let i = 0; i < 1000; i++) hubs.give(packetOf(`s${i}`, fragment(i, 0, 8000), `c${i % 20}`));
  const { heldBytes } = node.statistics();
  expect(heldBytes).toBeGreaterThan(maxReassemblyBytes - 10_000);
  expect(heldBytes).toBeLessThanOrEqual(maxReassemblyBytes);
  const incomplete = channels.reduce((sum, channel) => sum + channel.statistics().incomplete, 0);
  expect(incomplete).toBe(1000 - heldBytes / (8000 + 384));
});

test("invented fragments of a byte, two for each true one, kill no message of 16 MiB", () => {
  const hubs = new TappedHubs();
  const channel = target(hubs).channel("c", { fragment: true });
  const lengths: number[] = [];
  channel.subscribe((data) => void lengths.push(data.length));
  const count = 2048;
  for (let index = 0; index < count; index++) {
    hubs.give(packetOf("true", fragment(1, index, 8192, count)));
    for (const tiny of [0, 1]) hubs.give(packetOf(`invented ${index} ${tiny}`, fragment(7, 0, 1)));
  }
  expect(lengths).toEqual([16 * MEBIBYTE]);
  expect(channel.statistics().incomplete).toBeGreaterThan(3000); // the invented ones had to make room
});

test("a node whose six thousand channels change all the time says so in bounded number, and a late node knows them all", async () => {
  const hubs = new TappedHubs();
  let beats = 0;
  hubs.far.transport().startReceiving(HEARTBEAT_CHANNEL, { packetReceived: ({ payload }) => void (decodeHeartbeat(payload) && beats++) });
  const busy = hubs.node("busy", hubs.far.transport(), { heartbeatMs: 1000 });
  for (let i = 0; i < 6000; i++) busy.channel(`robot/part/${i}`).subscribe(() => {});
  const late: ChannelNode[] = [];
  for (let ms = 0; ms < 5004; ms += 9) {
    busy
      .channel(`robot/changing/${ms % 2}`)
      .subscribe(() => {})
      .unsubscribe();
    await hubs.pass(9);
    if (ms === 1503) late.push(hubs.node("late", hubs.far.transport(), { heartbeatMs: 1000 }));
  }
  expect(beats).toBeLessThan(5 * 150);
  expect(late[0]!.nodes[0]!.channels.length).toBeGreaterThanOrEqual(6000);
});
