// Floods of invented nodes and questions must neither silence a node nor make it talk: what they change is bounded.
import { randomBytes } from "node:crypto";
import { ManualClock } from "@groupcast/backend-memory";
import {
  type ChannelNode,
  decodeHeartbeat,
  encodeHeartbeat,
  HEARTBEAT_CHANNEL,
  type Heartbeat,
  type NodeOptions,
} from "@groupcast/channels";
import { describe, expect, test } from "vitest";
import { NodeDirectory } from "../../packages/channels/src/presence/node-directory.js";
import { encodeQuestions } from "../../packages/channels/src/presence/question.js";
import { TappedHubs } from "../support/channels/tapped-hubs.js";

const CHANNELS = 10;
const LIST_BYTES = CHANNELS * 25;
const PACKET_BYTES = 54;
const STEP_MS = 20;
const SLOWEST_MS = 7800; // of 1,025 nodes with heartbeats of 90 bytes

/** A node under attack, its heartbeats, and somebody who hears them and nothing else. */
class Victim {
  readonly hubs = new TappedHubs();
  readonly beats: { readonly atMs: number; readonly beat: Heartbeat; readonly bytes: number }[] = [];
  readonly fates: string[] = [];
  readonly node: ChannelNode;
  readonly #reader = new NodeDirectory(this.hubs.site.network.clock, undefined, {
    nodeChanged: ({ change, reason = "" }) => void (change !== "changed" && this.fates.push(`${change} ${reason}`.trim())),
  });
  #invented = 0;

  constructor(options: Partial<NodeOptions> = {}) {
    this.hubs.far
      .transport()
      .startReceiving(HEARTBEAT_CHANNEL, { packetReceived: ({ payload, source }) => this.#hear(payload, source.id) });
    this.node = this.hubs.node("victim", this.hubs.far.transport(), { heartbeatMs: 1000, ...options });
    for (let i = 0; i < CHANNELS; i++) this.node.channel(`a/channel/of/the/victim/${i}`).subscribe(() => {});
  }

  give(payload: Buffer, address = "192.0.2.66"): void {
    this.hubs.give({ channel: HEARTBEAT_CHANNEL, source: { id: address, address }, sequence: undefined, isRelayed: false, payload });
  }

  /** Invents so many nodes, each of another address, or all of one. */
  invent(count: number, about: Partial<Heartbeat> = {}, address?: string): void {
    for (let i = 0; i < count; i++) {
      const session = (++this.#invented).toString(16).padStart(16, "0");
      const beat = { session, name: "m".repeat(255), periodMs: 60_000, revision: 1, totalChannels: 0, channels: [], isLeaving: false };
      this.give(encodeHeartbeat({ ...beat, ...about }), address ?? `198.51.${this.#invented >> 8}.${this.#invented & 255}`);
    }
  }

  #hear(payload: Buffer, from: string): void {
    const beat = decodeHeartbeat(payload);
    if (beat?.name !== "victim") return;
    this.beats.push({ atMs: this.hubs.site.network.clock.nowMs(), beat, bytes: payload.length + PACKET_BYTES });
    this.#reader.take(payload, { id: from });
  }
}

describe("ten thousand invented nodes", () => {
  test("slow the heartbeats of a node down to a bound, and nobody takes it for gone", async () => {
    const victim = new Victim();
    await victim.hubs.pass(1500);
    for (let ms = 0; ms < 100_000; ms += STEP_MS) {
      victim.invent(2);
      await victim.hubs.pass(STEP_MS);
    }
    expect(victim.fates).toEqual(["appeared"]);
    const periods = victim.beats.map(({ beat }) => beat.periodMs);
    expect(Math.max(...periods)).toBeGreaterThan(5000);
    expect(Math.max(...periods)).toBeLessThanOrEqual(SLOWEST_MS);
    const gaps = victim.beats.slice(1).map(({ atMs }, index) => atMs - victim.beats[index]!.atMs - victim.beats[index]!.beat.periodMs);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(STEP_MS); // no later than it announced
  });

  test("of one address slow them down to half of that", async () => {
    const victim = new Victim();
    for (let second = 0; second < 30; second++) {
      victim.invent(340, {}, "192.0.2.66");
      await victim.hubs.pass(1000);
    }
    expect(Math.max(...victim.beats.map(({ beat }) => beat.periodMs))).toBeLessThanOrEqual(SLOWEST_MS / 2 + 50);
  });

  test("leave no trace once they are gone, three periods later", async () => {
    const victim = new Victim();
    victim.invent(10_000, { periodMs: 1000 });
    await victim.hubs.pass(20_000);
    expect(victim.node.nodes).toEqual([]);
    expect(victim.beats.at(-1)!.beat.periodMs).toBe(1000);
  });

  test("that come one by one make a node repeat its list as often as it may, and no more", async () => {
    const victim = new Victim();
    victim.invent(1100);
    await victim.hubs.pass(1000);
    victim.beats.length = 0;
    const seconds = 600;
    for (let second = 0; second < seconds; second++) {
      victim.invent(16);
      await victim.hubs.pass(1000);
    }
    const lists = victim.beats.filter(({ beat }) => beat.channels.length > 0).length;
    expect(lists).toBeGreaterThan(2);
    expect(lists).toBeLessThanOrEqual(2 + (seconds * 4000) / (1024 * LIST_BYTES) + 3);
    const bytes = victim.beats.reduce((sum, beat) => sum + beat.bytes, 0);
    expect((bytes * 1025) / seconds).toBeLessThan(20_000); // if all nodes did so
  });
});

/** A directory, honest nodes that it hears, and nodes of other addresses that somebody invents. */
class Flooded {
  readonly clock = new ManualClock();
  readonly fates: string[] = []; // of honest nodes
  readonly directory = new NodeDirectory(this.clock, undefined, {
    nodeChanged: ({ change, reason = "", node: { name } }) => void (name !== "m" && this.fates.push(`${name} ${change} ${reason}`.trim())),
  });
  #invented = 0;

  beat(name: string, about: Partial<Heartbeat> = {}): void {
    this.directory.take(encodeHeartbeat({ ...ABOUT, session: sessionOf(name), name, ...about }), { id: name, address: name });
  }

  invent(count: number, about: Partial<Heartbeat> = {}): void {
    for (let i = 0; i < count; i++) {
      const session = (++this.#invented).toString(16).padStart(16, "0");
      this.directory.take(encodeHeartbeat({ ...ABOUT, session, name: "m", ...about }), { id: session, address: session });
    }
  }

  /** Lets so many seconds pass, in each of which so many nodes are invented, while these send a heartbeat each period. */
  async pass(seconds: number, invented: number, ...names: readonly string[]): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.invent(invented);
      if (second % (ABOUT.periodMs / 1000) === 0) for (const name of names) this.beat(name);
      await this.clock.advance(1000);
    }
  }

  get names(): string[] {
    return [...new Set(this.directory.nodes.map(({ name }) => name))].sort();
  }
}

const ABOUT = { periodMs: 8000, revision: 1, totalChannels: 0, channels: [], isLeaving: false, answers: true };

function sessionOf(name: string): string {
  return Buffer.from(name.padEnd(8), "latin1").toString("hex");
}

describe("invented nodes of as many addresses", () => {
  test("push out no node that was heard for three of its periods, however many they are", async () => {
    const flooded = new Flooded();
    await flooded.pass(32, 0, "a", "b");
    await flooded.pass(24, 3000, "a", "b");
    expect([flooded.fates, flooded.names]).toEqual([
      ["a appeared", "b appeared"],
      ["a", "b", "m"],
    ]);
    expect(flooded.directory.statistics()).toMatchObject({ nodes: 1024, evicted: 24 * 3000 - 1022 });
  });

  test("keep a newcomer out for three of its periods, at a thousand a second", async () => {
    const flooded = new Flooded();
    await flooded.pass(25, 1000, "new");
    expect(new Set(flooded.fates)).toEqual(new Set(["new appeared", "new gone evicted"]));
    flooded.fates.length = 0;
    await flooded.pass(24, 1000, "new");
    expect([flooded.fates, flooded.names]).toEqual([[], ["m", "new"]]);
  });

  test("push out no node that somebody else said good-bye for", async () => {
    const flooded = new Flooded();
    await flooded.pass(32, 0, "a");
    flooded.beat("a", { isLeaving: true });
    flooded.beat("a");
    await flooded.pass(7, 3000);
    expect(flooded.fates).toEqual(["a appeared", "a gone left", "a appeared"]);
  });

  test("push out a node that announces a longer period than it has kept, as an invented one may", async () => {
    const flooded = new Flooded();
    await flooded.pass(32, 0, "a");
    flooded.beat("a", { periodMs: 60_000 });
    await flooded.pass(1, 3000);
    expect(flooded.fates).toEqual(["a appeared", "a gone evicted"]);
  });

  test("leave a quarter to newcomers, however long they behave", async () => {
    const flooded = new Flooded();
    const names = Array.from({ length: 1024 }, (_, index) => `p${index}`);
    await flooded.pass(32, 0, ...names);
    flooded.fates.length = 0;
    flooded.beat("new");
    flooded.invent(255);
    expect(flooded.fates.filter((fate) => fate.startsWith("new"))).toEqual(["new appeared"]);
    expect(flooded.fates.filter((fate) => fate.startsWith("p"))).toHaveLength(256);
    flooded.invent(1);
    expect(flooded.fates.at(-1)).toBe("new gone evicted");
  });
});

describe("questions without end", () => {
  test("for a node of a large network have four answers in a period at most", async () => {
    const victim = new Victim({ heartbeatMs: 8000 });
    await victim.hubs.pass(10_000);
    victim.beats.length = 0;
    for (let ms = 0; ms < 80_000; ms += 100) {
      for (let i = 0; i < 10; i++) victim.give(encodeQuestions([victim.node.session])[0]!);
      await victim.hubs.pass(100);
    }
    expect(victim.beats.length).toBeGreaterThan(20);
    expect(victim.beats.length).toBeLessThanOrEqual(41);
  });

  test("have none in a small one, whose heartbeats come soon enough", async () => {
    const victim = new Victim();
    await victim.hubs.pass(1500);
    victim.beats.length = 0;
    for (let ms = 0; ms < 10_000; ms += 100) {
      victim.give(encodeQuestions([victim.node.session])[0]!);
      await victim.hubs.pass(100);
    }
    expect(victim.beats).toHaveLength(10);
  });

  test("that nobody sealed have none from a node with a seal", async () => {
    const victim = new Victim({ heartbeatMs: 8000, seal: { keys: { 1: randomBytes(32) }, current: 1 } });
    await victim.hubs.pass(10_000);
    const packets: number[] = [];
    victim.hubs.far.transport().startReceiving(HEARTBEAT_CHANNEL, { packetReceived: ({ payload }) => void packets.push(payload.length) });
    for (let ms = 0; ms < 5000; ms += 100) {
      victim.give(encodeQuestions([victim.node.session])[0]!);
      await victim.hubs.pass(100);
    }
    expect([packets.length, packets.filter((length) => length !== 14)]).toEqual([50, []]);
  });

  test("that a key holder sealed, and others repeat, have one answer", async () => {
    const seal = { keys: { 1: randomBytes(32) }, current: 1 };
    const victim = new Victim({ heartbeatMs: 8000, seal });
    const { hubs } = victim;
    const questions: Buffer[] = [];
    hubs.near.transport().startReceiving(HEARTBEAT_CHANNEL, { packetReceived: ({ payload }) => void questions.push(Buffer.from(payload)) });
    const asker = hubs.node("asker", hubs.near.transport()).channel(HEARTBEAT_CHANNEL, { codec: "bytes", seal });
    asker.publish(encodeQuestions([victim.node.session])[0]!);
    asker.publish(encodeQuestions([victim.node.session])[0]!);
    hubs.clock.run();
    const [first, second] = questions;
    await hubs.pass(12_000);
    const beats: number[] = [];
    hubs.far.transport().startReceiving(HEARTBEAT_CHANNEL, {
      packetReceived: ({ payload }) => void (payload.equals(first!) || payload.equals(second!) || beats.push(payload.length)),
    });
    const answers = async (question: Buffer): Promise<number> => {
      beats.length = 0;
      victim.give(question);
      await hubs.pass(3000);
      return beats.length;
    };
    expect([await answers(first!), await answers(first!), await answers(second!)]).toEqual([1, 0, 1]);
  });

  test("about others neither end a node nor keep one that is gone", async () => {
    const clock = new ManualClock();
    const fates: string[] = [];
    const directory = new NodeDirectory(clock, undefined, { nodeChanged: ({ change }) => void fates.push(change) }, { ask: () => {} });
    const session = "0123456789abcdef";
    const about = { session, name: "it", revision: 1, totalChannels: 0, channels: [], isLeaving: false, answers: true };
    directory.take(encodeHeartbeat({ ...about, periodMs: 8000 }), { id: "it" });
    for (let ms = 0; ms < 12_900; ms += 10) {
      directory.asked([session, "ffffffffffffffff"]);
      await clock.advance(10);
    }
    expect(fates).toEqual(["appeared"]);
    for (let ms = 0; ms < 1000; ms += 10) {
      directory.asked([session]);
      await clock.advance(10);
    }
    expect(fates).toEqual(["appeared", "gone"]);
  });
});
