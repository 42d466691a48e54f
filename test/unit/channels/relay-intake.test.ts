import { ManualClock } from "@groupcast/backend-memory";
import { expect, test } from "vitest";
import type { ChannelReceiver, ChannelTransport, ReceivedPacket } from "../../../packages/channels/src/contract/channel-transport.js";
import { encodeHeartbeat, HEARTBEAT_CHANNEL } from "../../../packages/channels/src/presence/heartbeat.js";
import { ChannelPattern } from "../../../packages/channels/src/relay/channel-pattern.js";
import { RelayIntake } from "../../../packages/channels/src/relay/relay-intake.js";

const RECONCILE_MS = 50;

/** A network that knows who receives what; some can receive patterns. */
class FakeNetwork {
  readonly receivers = new Map<string, ChannelReceiver>();
  readonly left: string[] = [];
  refused: string | undefined;
  startReceivingPattern?: (pattern: string, receiver: ChannelReceiver) => void;
  stopReceivingPattern?: (pattern: string) => void;

  constructor(knowsPatterns: boolean) {
    if (!knowsPatterns) return;
    this.startReceivingPattern = (pattern, receiver) => this.startReceiving(pattern, receiver);
    this.stopReceivingPattern = (pattern) => this.stopReceiving(pattern);
  }

  startReceiving(channel: string, receiver: ChannelReceiver): void {
    if (channel === this.refused) throw new Error(`refused: ${channel}`);
    if (this.receivers.has(channel)) throw new Error(`received twice: ${channel}`);
    this.receivers.set(channel, receiver);
  }

  stopReceiving(channel: string): void {
    if (!this.receivers.delete(channel)) throw new Error(`not received: ${channel}`);
    this.left.push(channel);
  }

  deliver(to: string, channel = to, changes: Partial<ReceivedPacket> = {}): void {
    this.receivers
      .get(to)!
      .packetReceived({ channel, source: { id: "a" }, payload: Buffer.alloc(0), isRelayed: false, ...changes } as ReceivedPacket);
  }

  /** A node says on which channels it publishes, and to which it subscribes. */
  beat(published: readonly string[], { subscribed = [], revision = 1, isRelayed = false, node = 0 }: Beat = {}): void {
    const usages = (names: readonly string[], isPublished: boolean) =>
      names.map((name) => ({ name, isPublished, isSubscribed: !isPublished }));
    const channels = [...usages(published, true), ...usages(subscribed, false)];
    const about = {
      session: node.toString(16).padStart(16, "0"),
      name: "node",
      periodMs: 60_000,
      revision,
      totalChannels: channels.length,
      isLeaving: false,
    };
    this.deliver(HEARTBEAT_CHANNEL, HEARTBEAT_CHANNEL, { payload: encodeHeartbeat({ ...about, channels }), isRelayed });
  }
}

interface Beat {
  readonly subscribed?: readonly string[];
  readonly revision?: number;
  readonly isRelayed?: boolean;
  readonly node?: number;
}

function intake(patterns: readonly string[], { knowsPatterns = false, maxChannels = 8 } = {}) {
  const network = new FakeNetwork(knowsPatterns);
  const clock = new ManualClock();
  const received: string[] = [];
  const reported: unknown[] = [];
  const it = new RelayIntake({
    transport: network as unknown as ChannelTransport,
    rules: patterns.map((text) => ({
      pattern: new ChannelPattern("test", text),
      from: "site",
      maxPerSecond: Number.POSITIVE_INFINITY,
      isReliable: false,
    })),
    receiver: { packetReceived: ({ channel }) => received.push(channel) },
    maxChannels,
    clock,
    report: (error) => reported.push(error),
  });
  return { it, network, clock, received, reported, names: () => [...network.receivers.keys()] };
}

test("start() receives the channels that rules name, each once, and no heartbeats; close() receives nothing", () => {
  const { it, names } = intake(["a", "b", "a"]);
  it.start();
  expect(names()).toEqual(["a", "b"]);
  it.close();
  expect(names()).toEqual([]);
});

test("start() leaves each pattern once to a network that can receive it, and the first that matches a channel gets it", () => {
  const { it, network, received, names } = intake(["a/x", "a/*", "a/**", "a/*"], { knowsPatterns: true });
  it.start();
  expect(names()).toEqual(["a/x", "a/*", "a/**"]);
  for (const pattern of ["a/*", "a/**"]) for (const channel of ["a/x", "a/y"]) network.deliver(pattern, channel);
  network.deliver("a/x");
  network.deliver("a/**", "a/y/z");
  expect(received).toEqual(["a/y", "a/x", "a/y/z"]);
  it.close();
  expect(names()).toEqual([]);
});

test("close() after start() has failed gives back what was received until then, and nothing else", () => {
  const { it, network, names } = intake(["a", "b", "c/*"]);
  network.refused = HEARTBEAT_CHANNEL;
  expect(() => it.start()).toThrow("refused");
  expect(names()).toEqual(["a", "b"]);
  network.receivers.set(HEARTBEAT_CHANNEL, { packetReceived: () => {} }); // of somebody else: a transport ignores who does not receive
  it.close();
  expect(names()).toEqual([]);
});

test("a channel that is still published is not left and joined again: what came in between would be lost", async () => {
  const { it, network, clock } = intake(["a/*"]);
  it.start();
  network.beat(["a/x", "a/y"], { revision: 1 });
  await clock.advance(RECONCILE_MS);
  network.beat(["a/y"], { revision: 2 });
  await clock.advance(RECONCILE_MS);
  expect(network.left).toEqual(["a/x"]);
  it.close();
});

test("channels of a pattern are received while a node of this network publishes them, and again when it does again", async () => {
  const { it, network, clock, names } = intake(["a/*", "a/named"]);
  it.start();
  const found = async (published: readonly string[], beat: Beat): Promise<string[]> => {
    network.beat(published, beat);
    await clock.advance(RECONCILE_MS);
    return names().filter((name) => name !== "a/named" && name !== HEARTBEAT_CHANNEL);
  };
  expect(await found(["a/x", "a/named", "other", "a/y"], { revision: 1, subscribed: ["a/z"] })).toEqual(["a/x", "a/y"]);
  expect(await found(["a/y"], { revision: 2 })).toEqual(["a/y"]);
  expect(await found(["a/x", "a/y"], { revision: 3 })).toEqual(["a/y", "a/x"]);
  expect(await found(["a/w"], { revision: 4, isRelayed: true })).toEqual(["a/y", "a/x"]); // that node is on another network
  it.close();
  expect([names(), clock.pendingCalls]).toEqual([[], 0]);
});

test("a bounded number of channels is received, and one that is refused is reported and leaves room for others", async () => {
  const { it, network, clock, reported, names } = intake(["a/*"], { maxChannels: 2 });
  network.refused = "a/1";
  it.start();
  network.beat(["a/1", "a/2", "a/3", "a/4"]);
  await clock.advance(RECONCILE_MS);
  expect(names()).toEqual([HEARTBEAT_CHANNEL, "a/2", "a/3"]);
  expect(reported).toEqual([expect.objectContaining({ message: "refused: a/1" })]);
});

test("nodes take turns when there are more channels than may be received, the latest to send a heartbeat first, and the rest is told", async () => {
  const { it, network, clock, names } = intake(["a/*"], { maxChannels: 4 });
  it.start();
  const found = async (): Promise<string[]> => {
    await clock.advance(RECONCILE_MS);
    return names()
      .filter((name) => name !== HEARTBEAT_CHANNEL)
      .sort();
  };
  network.beat(["a/1", "a/2", "a/3", "a/4", "a/5"], { node: 1 });
  expect([await found(), it.crowdedOut]).toEqual([["a/1", "a/2", "a/3", "a/4"], 1]);
  network.beat(["a/x", "a/1"], { node: 2 });
  network.beat(["a/y"], { node: 3 });
  expect([await found(), it.crowdedOut]).toEqual([["a/1", "a/2", "a/x", "a/y"], 3]);
  expect(network.left).toEqual(["a/3", "a/4"]);
  network.beat([], { node: 1, revision: 2 });
  expect([await found(), it.crowdedOut]).toEqual([["a/1", "a/x", "a/y"], 0]);
});

test("the nodes that sent the latest heartbeats are received when there is no room for one channel of each", async () => {
  const { it, network, clock, names } = intake(["a/*"], { maxChannels: 2 });
  it.start();
  for (const node of [1, 2, 3]) network.beat([`a/${node}`], { node });
  await clock.advance(RECONCILE_MS);
  expect(names().sort()).toEqual([HEARTBEAT_CHANNEL, "a/2", "a/3"].sort());
});

test("close() before the channels were looked at leaves no timer", () => {
  const { it, network, clock } = intake(["a/*"]);
  it.start();
  network.beat(["a/x"]);
  it.close();
  expect(clock.pendingCalls).toBe(0);
});
