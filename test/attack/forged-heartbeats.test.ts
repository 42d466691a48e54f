// Heartbeats that somebody forges for a node that is there: readers believe them, and the node, which hears them too, sets them right.
import { randomBytes } from "node:crypto";
import { ManualClock } from "@groupcast/backend-memory";
import { type ChannelNode, type ChannelUsage, decodeHeartbeat, encodeHeartbeat, type Heartbeat } from "@groupcast/channels";
import { describe, expect, test } from "vitest";
import { Announcer } from "../../packages/channels/src/presence/announcer.js";
import { HeartbeatRate } from "../../packages/channels/src/presence/heartbeat-rate.js";
import { NodeDirectory } from "../../packages/channels/src/presence/node-directory.js";
import { MemorySite } from "../support/channels/memory-site.js";

const SESSION = "0123456789abcdef";
const FROM = { id: "192.0.2.1:1", address: "192.0.2.1", port: 1 };
const NAMES = Array.from({ length: 10 }, (_, index) => `a/channel/of/the/victim/${index}`);
const LIST_MS = 65_000; // in which the lists of a thousand such nodes use up what they may
const PERIOD_MS = 7417;

function used(names: readonly string[], isSubscribed = true): ChannelUsage[] {
  return names.map((name) => ({ name, isPublished: false, isSubscribed }));
}

/** A node among a thousand, which hears itself, and a reader of its heartbeats. */
class Forged {
  readonly clock = new ManualClock();
  readonly beats: Heartbeat[] = [];
  names: readonly string[] = NAMES;
  readonly reader = new NodeDirectory(this.clock, undefined, { nodeChanged: () => {} });
  readonly announcer: Announcer = new Announcer({
    clock: this.clock,
    session: SESSION,
    name: "victim",
    periodMs: 1000,
    rate: new HeartbeatRate({ periodMs: 1000, nodes: () => 1000, sealBytes: 0, random: () => 0 }),
    usages: () => used(this.names),
    send: (bytes) => {
      this.beats.push(decodeHeartbeat(bytes)!);
      this.give(bytes);
    },
  });
  readonly #own = new NodeDirectory(
    this.clock,
    SESSION,
    { nodeChanged: () => {} },
    { heardItself: (beat) => this.announcer.heardItself(beat) },
  );

  async start(): Promise<void> {
    this.announcer.start();
    await this.clock.advance(3.5 * PERIOD_MS);
    this.beats.length = 0;
  }

  /** Gives all a heartbeat. */
  give(bytes: Buffer): void {
    this.#own.take(bytes, FROM);
    this.reader.take(bytes, FROM);
  }

  /** Forges a heartbeat that differs from a true one in this. */
  forge(about: Partial<Heartbeat>): void {
    const truth = { session: SESSION, name: "victim", periodMs: PERIOD_MS, revision: 1, totalChannels: NAMES.length, isLeaving: false };
    this.give(encodeHeartbeat({ ...truth, channels: [], answers: true, ...about }));
  }

  get known(): readonly string[] {
    return this.reader.nodes.flatMap(({ channels }) => channels.map(({ name, isPublished }) => (isPublished ? `${name}!` : name))).sort();
  }

  get lists(): number {
    return this.beats.filter(({ channels }) => channels.length > 0).length;
  }
}

const OTHERS = used(["something/else"]);

describe("a heartbeat that somebody forges for a node of a large network", () => {
  test.each<readonly [string, Partial<Heartbeat>, readonly string[]]>([
    ["with a later list", { revision: 2, totalChannels: 1, channels: OTHERS }, ["something/else"]],
    ["with an earlier list", { revision: 0, totalChannels: 1, channels: OTHERS }, ["something/else"]],
    ["with an empty list", { totalChannels: 0 }, []],
    ["with a difference of the latest list", { depth: 1, channels: used(NAMES.slice(1), false) }, NAMES.slice(0, 1)],
    ["with a difference of lists that never were", { revision: 9, depth: 15, channels: used(NAMES.slice(1), false) }, NAMES.slice(0, 1)],
    ["with a channel more", { depth: 1, channels: OTHERS }, [...NAMES, "something/else"]],
    [
      "with a channel that it publishes",
      { depth: 1, channels: [{ name: NAMES[9]!, isPublished: true, isSubscribed: true }] },
      [...NAMES.slice(0, 9), `${NAMES[9]}!`],
    ],
    ["with its true list under another revision", { revision: 9, channels: used(NAMES) }, NAMES],
    ["with four billion channels", { revision: 2, totalChannels: 0xffff_ffff, channels: OTHERS }, [...NAMES, "something/else"]],
    ["with a good-bye", { isLeaving: true }, []],
  ])("%s is believed until the next heartbeat of the node, which has the whole list", async (_, forgery, believed) => {
    const forged = new Forged();
    await forged.start();
    expect(forged.known).toEqual(NAMES);
    forged.forge(forgery);
    expect([forged.known, forged.lists]).toEqual([believed, 0]);
    await forged.clock.advance(PERIOD_MS);
    expect([forged.known, forged.lists]).toEqual([NAMES, 1]);
  });

  test("with a period of 10 ms ends the node until its next heartbeat, which has the whole list", async () => {
    const forged = new Forged();
    await forged.start();
    forged.forge({ periodMs: 10 });
    await forged.clock.advance(1000);
    expect(forged.reader.nodes).toEqual([]);
    await forged.clock.advance(PERIOD_MS);
    expect([forged.known, forged.lists]).toEqual([NAMES, 1]);
  });

  test("without end has the list as often as newcomers have it, and no more", async () => {
    const forged = new Forged();
    await forged.start();
    const seconds = 1300;
    for (let second = 0; second < seconds; second++) {
      forged.forge({ totalChannels: 0 });
      await forged.clock.advance(1000);
    }
    expect(forged.lists).toBeGreaterThan(10);
    expect(forged.lists).toBeLessThanOrEqual(2 + (seconds * 1000) / LIST_MS);
  });

  test("that only repeats what the node says, or its list of a moment ago, has no list", async () => {
    const forged = new Forged();
    await forged.start();
    forged.forge({});
    forged.forge({ depth: 1, channels: used(NAMES) });
    forged.forge({ periodMs: PERIOD_MS * 0.6 });
    forged.names = NAMES.slice(1);
    forged.announcer.changed();
    await forged.clock.advance(500);
    forged.forge({ channels: used(NAMES) });
    forged.beats.length = 0;
    await forged.clock.advance(4 * PERIOD_MS);
    expect(forged.beats.filter(({ depth, channels }) => depth === undefined && channels.length > 0)).toEqual([]);
  });
});

describe("a sealed heartbeat of a key holder", () => {
  test.each([
    ["a day ahead", 86_400_000, "early"],
    ["a day behind", -86_400_000, "stale"],
    ["250,000 years ahead", 8e15, "early"],
  ] as const)("whose clock is %s is refused, and nobody takes another node for gone", async (_, offMs, refusal) => {
    const site = new MemorySite();
    const keys = { 1: randomBytes(32) };
    const node = (name: string, aheadMs = 0): ChannelNode => {
      const now = (): number => 1_800_000_000_000 + site.network.clock.nowMs() + aheadMs;
      return site.node(name, { ttl: 1, heartbeatMs: 1000, seal: { keys, current: 1, now } });
    };
    const [a, b] = [node("a"), node("b")];
    const fates: string[] = [];
    for (const one of [a, b]) one.on("node", ({ change, node: { name } }) => fates.push(`${name} ${change}`));
    await site.network.clock.advance(3000);
    const far = node("far", offMs);
    await site.network.clock.advance(10_000);
    expect([fates.sort(), far.nodes]).toEqual([["a appeared", "b appeared"], []]);
    expect([a, b].map(({ seal }) => seal!.statistics()[refusal])).toEqual([10, 10]);
  });
});
