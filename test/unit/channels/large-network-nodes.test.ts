// Whole nodes in a large network: one of the nodes is real, the others are announced by a stranger.
import { type ChannelNode, encodeHeartbeat, HEARTBEAT_CHANNEL, type NodeOptions } from "@groupcast/channels";
import { describe, expect, test } from "vitest";
import { encodeQuestions } from "../../../packages/channels/src/presence/question.js";
import { MemorySite } from "../../support/channels/memory-site.js";
import { KEYS } from "../../support/channels/sealed-pair.js";

const SEAL = { keys: { 1: KEYS[1] }, current: 1 };
const PACKET_BYTES = 54;
const SEAL_BYTES = 127;
const BEAT_BYTES = 29 + "real".length;
const NAMES = Array.from({ length: 10 }, (_, index) => `some/channel/of/the/real/node/${index}`);
const STEP_MS = 10;

/** A real node, a node that sees it, and a stranger who announces others. */
class Crowd {
  readonly site = new MemorySite();
  readonly real: ChannelNode;
  readonly reader: ChannelNode;
  readonly #stranger: { publish(payload: Buffer): void };
  readonly #others: number;

  constructor(others: number, seal?: NodeOptions["seal"]) {
    this.#others = others - 1; // the reader is one of them
    this.real = this.site.node("real", { ttl: 1, heartbeatMs: 1000, seal });
    this.reader = this.site.node("reader", { ttl: 1, heartbeatMs: 1000, seal });
    this.#stranger = this.site.node("stranger", { ttl: 1 }).channel(HEARTBEAT_CHANNEL, { codec: "bytes", seal });
    for (const name of NAMES) this.real.channel(name).subscribe(() => {});
  }

  /** Has the others appear, and lets the network settle. */
  async start(): Promise<void> {
    await this.site.network.clock.advance(100);
    for (let i = 0; i < this.#others; i++) {
      this.forge({ session: i.toString(16).padStart(16, "0"), name: "other", totalChannels: 0, revision: 0, periodMs: 60_000 });
      if (i % 50 === 0) await this.site.settle();
    }
    await this.site.network.clock.advance(20_000);
  }

  forge(about: Partial<Parameters<typeof encodeHeartbeat>[0]>): void {
    const truth = { session: this.real.session, name: "real", periodMs: 60_000, revision: 1, totalChannels: NAMES.length };
    this.#stranger.publish(encodeHeartbeat({ ...truth, channels: [], isLeaving: false, answers: true, ...about }));
  }

  ask(session: string): void {
    this.#stranger.publish(encodeQuestions([session])[0]!);
  }

  get seen(): { readonly periodMs: number; readonly channels: readonly unknown[] } | undefined {
    return this.reader.nodes.find(({ name }) => name === "real");
  }

  get beats(): number {
    const { records } = this.site.network.trace;
    return records.filter(({ event, node, packet }) => event === "sent" && node === "real" && packet.payload.includes(HEARTBEAT_CHANNEL))
      .length;
  }

  /** Times between so many heartbeats of the real node. */
  async gaps(count: number): Promise<number[]> {
    const timesMs: number[] = [];
    for (let before = this.beats; timesMs.length <= count; before = this.beats) {
      while (this.beats === before) await this.site.network.clock.advance(STEP_MS);
      timesMs.push(this.site.network.clock.nowMs());
    }
    return timesMs.slice(1).map((ms, index) => ms - timesMs[index]!);
  }
}

describe("a node among 401", () => {
  test.each([
    ["open", undefined, 0],
    ["sealed", SEAL, SEAL_BYTES],
  ] as const)("has the period of 401, itself included, and of the bytes that packets have: %s", async (_, seal, sealBytes) => {
    const crowd = new Crowd(400, seal);
    await crowd.start();
    expect(crowd.real.nodes).toHaveLength(400);
    expect(crowd.seen!.periodMs).toBe(Math.round((401 * (BEAT_BYTES + PACKET_BYTES + sealBytes)) / 12));
  });

  test("sends its heartbeats after 75 to 100 % of the period, each after another time", async () => {
    const crowd = new Crowd(400);
    await crowd.start();
    const { periodMs } = crowd.seen!;
    const gaps = await crowd.gaps(8);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0.75 * periodMs - STEP_MS);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(periodMs + STEP_MS);
    expect(new Set(gaps).size).toBeGreaterThan(3);
  });

  test("answers questions for itself, and none for others", async () => {
    const crowd = new Crowd(400);
    await crowd.start();
    await crowd.gaps(1);
    await crowd.site.network.clock.advance(0.3 * crowd.seen!.periodMs);
    const before = crowd.beats;
    crowd.ask("ffffffffffffffff");
    await crowd.site.network.clock.advance(0.1 * crowd.seen!.periodMs);
    expect(crowd.beats).toBe(before);
    crowd.ask(crowd.real.session);
    await crowd.site.network.clock.advance(0.1 * crowd.seen!.periodMs);
    expect(crowd.beats).toBe(before + 1);
  });

  test("sends its whole list after a heartbeat that somebody forged for it", async () => {
    const crowd = new Crowd(400);
    await crowd.start();
    await crowd.gaps(1);
    expect(crowd.seen!.channels).toHaveLength(NAMES.length);
    crowd.forge({ isLeaving: true });
    await crowd.site.settle();
    expect(crowd.seen).toBeUndefined();
    await crowd.gaps(1);
    await crowd.site.settle();
    expect(crowd.seen!.channels).toHaveLength(NAMES.length);
  });
});

describe("NodeOptions.maxNodes", () => {
  test("bounds the nodes that a node knows, half of them of one address, and 64 times as many channels", async () => {
    const site = new MemorySite();
    const node = site.node("real", { ttl: 1, heartbeatMs: 1000, maxNodes: 8 });
    const strangers = ["x", "y", "z"].map((host) => site.node(host, { ttl: 1 }).channel(HEARTBEAT_CHANNEL, { codec: "bytes" }));
    const invent = (stranger: number, session: number, totalChannels: number, from = 0): void => {
      const channels = Array.from({ length: Math.min(totalChannels - from, 50) }, (_, index) => ({
        ...{ name: `c/${from + index}`, isPublished: false, isSubscribed: true },
      }));
      const about = { session: session.toString(16).padStart(16, "0"), name: "other", periodMs: 60_000, revision: 1 };
      strangers[stranger]!.publish(encodeHeartbeat({ ...about, totalChannels, channels, isLeaving: false }));
    };
    for (let session = 0; session < 10; session++) invent(0, session, 0);
    await site.settle();
    expect(node.statistics().directory).toMatchObject({ nodes: 4, evicted: 6 });
    for (let session = 10; session < 15; session++) invent(1 + (session % 2), session, 0);
    await site.settle();
    expect(node.statistics().directory).toMatchObject({ nodes: 8, evicted: 7 });
    for (let from = 0; from < 300; from += 50) invent(1, 20, 300, from);
    await site.settle();
    expect(node.statistics().directory).toMatchObject({ channels: 256, refused: 44 });
  });
});
