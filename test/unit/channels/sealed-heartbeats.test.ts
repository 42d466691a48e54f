import { encodeHeartbeat, HEARTBEAT_CHANNEL, type NodeOptions, type ReceivedPacket } from "@groupcast/channels";
import { beforeEach, describe, expect, test } from "vitest";
import { MemorySite } from "../../support/channels/memory-site.js";
import { KEYS } from "../../support/channels/sealed-pair.js";
import { TappedHubs } from "../../support/channels/tapped-hubs.js";

const SEAL = { keys: { 1: KEYS[1] }, current: 1 };
const PERIOD_MS = 100;

let site: MemorySite;

beforeEach(() => {
  site = new MemorySite();
});

function node(host: string, options: Partial<NodeOptions> = {}) {
  return site.node(host, { ttl: 1, heartbeatMs: PERIOD_MS, ...options });
}

function seen({ nodes }: { nodes: readonly { name: string }[] }): string[] {
  return nodes.map(({ name }) => name).sort();
}

describe("NodeOptions.seal", () => {
  test("lets holders of the key see one another, and nobody else", async () => {
    const [a, b, other, open] = [
      node("a", { seal: SEAL }),
      node("b", { seal: SEAL }),
      node("other", { seal: { keys: { 1: KEYS[2] }, current: 1 } }),
      node("open"),
    ];
    await site.network.clock.advance(3 * PERIOD_MS);
    expect([a, b, other, open].map(seen)).toEqual([["b"], ["a"], [], []]);
    const { unsealed, forged } = a.seal!.statistics();
    expect([unsealed > 0, forged > 0, open.seal]).toEqual([true, true, undefined]);
    expect(open.statistics().directory!.malformed).toBeGreaterThan(0);
  });

  test("hides names and channels on the wire", async () => {
    node("camera-of-the-vault", { seal: SEAL }).channel("vault/door").publish(Buffer.from("x"));
    await site.network.clock.advance(3 * PERIOD_MS);
    const beats = site.network.trace.records.map(({ packet }) => packet.payload).filter((bytes) => bytes.includes(HEARTBEAT_CHANNEL));
    expect(beats.length).toBeGreaterThan(0);
    expect(beats.filter((bytes) => bytes.includes("vault"))).toEqual([]);
  });

  test("lets no stranger invent a node, nor have one leave", async () => {
    const [a, b] = [node("a", { seal: SEAL }), node("b", { seal: SEAL })];
    const mallory = site.node("mallory", { ttl: 1 }).channel(HEARTBEAT_CHANNEL);
    const changes: string[] = [];
    await site.network.clock.advance(PERIOD_MS);
    a.on("node", ({ change }) => changes.push(change));
    const facts = { name: "b", periodMs: PERIOD_MS, revision: 9, totalChannels: 0, channels: [] };
    mallory.publish(encodeHeartbeat({ ...facts, session: b.session, isLeaving: true }));
    mallory.publish(encodeHeartbeat({ ...facts, session: "0123456789abcdef", isLeaving: false }));
    await site.network.clock.advance(5 * PERIOD_MS);
    expect([seen(a), changes, a.seal!.statistics().unsealed]).toEqual([["b"], [], 2]);
    await b.close();
    await site.settle();
    expect([seen(a), changes]).toEqual([[], ["gone"]]);
  });

  test("lets nobody bring back a node that has left, nor an old list, by heartbeats that were held back", async () => {
    const hubs = new TappedHubs();
    const beats: ReceivedPacket[] = [];
    hubs.near.transport().startReceiving(HEARTBEAT_CHANNEL, { packetReceived: (packet) => void beats.push(packet) });
    const options = { heartbeatMs: PERIOD_MS, seal: SEAL };
    const b = hubs.node("b", hubs.near.transport(), options);
    const a = hubs.node("a", hubs.far.transport(), options);
    const events: string[] = [];
    a.on("node", ({ change, node: { channels } }) => events.push(`${change} ${channels.length}`));
    const next = async (): Promise<ReceivedPacket> => {
      const before = beats.length;
      while (beats.length === before) await hubs.pass(PERIOD_MS / 10);
      return beats.at(-1)!;
    };
    const [first, held, heldLonger] = [await next(), await next(), await next()];
    b.channel("news").publish(Buffer.from("x"));
    const published = await next();
    hubs.give(first, published, held);
    expect(events).toEqual(["appeared 0", "changed 1"]);
    void b.close();
    hubs.clock.run();
    const leaving = beats.at(-1)!;
    hubs.give(leaving, heldLonger, held, published);
    expect([seen(a), events]).toEqual([[], ["appeared 0", "changed 1", "gone 1"]]);
    expect(a.seal!.statistics()).toMatchObject({ forged: 0, replayed: 2 });
  });

  test("goes on after a clock that threw for a while, which costs the heartbeats of that while and is reported", async () => {
    let isBroken = false;
    const now = (): number => {
      if (isBroken) throw new Error("no clock");
      return Date.now();
    };
    const [a, b] = [node("a", { seal: { ...SEAL, now } }), node("b", { seal: SEAL })];
    const errors: string[] = [];
    a.on("error", ({ message }) => errors.push(message));
    await site.network.clock.advance(PERIOD_MS);
    isBroken = true;
    await site.network.clock.advance(5 * PERIOD_MS);
    expect([seen(b), new Set(errors)]).toEqual([[], new Set(["no clock"])]);
    isBroken = false;
    await site.network.clock.advance(2 * PERIOD_MS);
    expect([seen(a), seen(b)]).toEqual([["b"], ["a"]]);
  });

  test("is rotated while nodes see one another", async () => {
    const [a, b] = [node("a", { seal: SEAL }), node("b", { seal: SEAL })];
    await site.network.clock.advance(PERIOD_MS);
    const both = { 1: KEYS[1], 2: KEYS[2] };
    for (const rotation of [
      { keys: both, current: 1 },
      { keys: both, current: 2 },
      { keys: { 2: KEYS[2] }, current: 2 },
    ]) {
      for (const each of [a, b]) each.seal!.rotate(rotation);
      await site.network.clock.advance(5 * PERIOD_MS);
      expect([seen(a), seen(b)]).toEqual([["b"], ["a"]]);
    }
    expect([a.seal!.current, a.seal!.statistics().unknownKey]).toEqual([2, 0]);
  });

  test("is checked as the seal of a channel is", () => {
    expect(() => node("a", { seal: { keys: { 1: Buffer.alloc(32) }, current: 1 } })).toThrow(
      expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", operation: "new ChannelNode" }),
    );
  });
});
