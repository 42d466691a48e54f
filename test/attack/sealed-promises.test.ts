// The sentences of docs/sealed-channels.md that name a bound, each held against a program that goes as far as it, and one step further.
import { HEARTBEAT_CHANNEL } from "@groupcast/channels";
import { expect, test } from "vitest";
import { ChannelNode } from "../../packages/channels/src/channel-node.js";
import { MemorySite } from "../support/channels/memory-site.js";
import { KEYS, keyFrom, SealedEnd, TestTime } from "../support/channels/sealed-pair.js";

const AGE_MS = 1000;
const WINDOW = 1024;
const MAX_SENDERS = 1024;
const OLD_KEY = { 1: KEYS[1] };
const OTHER_KEY = { 2: KEYS[2] };

function ends() {
  const time = new TestTime();
  const end = (options: object = {}): SealedEnd => new SealedEnd({ maxAgeMs: AGE_MS, now: time.now, ...options });
  return { time, end };
}

test("a packet 1,023 behind the newest is accepted once, one that is 1,024 behind is replayed", () => {
  const { end } = ends();
  const [writer, reader] = [end(), end()];
  const packets = Array.from({ length: WINDOW + 1 }, (_, index) => writer.packet(String(index)));
  expect(reader.texts(packets[WINDOW]!, packets[0]!, packets[1]!, packets[1]!)).toEqual(["1024", "1"]);
  expect(reader.seal.statistics().replayed).toBe(2);
});

test("a recording of a sender whose clock is ahead by maxAgeMs is accepted for twice as long, and not a millisecond longer", () => {
  const { time, end } = ends();
  const ahead = end({ now: () => time.ms + AGE_MS });
  const [first, second] = ahead.packets("1", "2");
  time.ms += 2 * AGE_MS;
  expect(end().texts(first!)).toEqual(["1"]);
  time.ms += 1;
  expect(end().texts(second!)).toEqual([]);
});

test("a member's flood from the future shuts out newcomers and those that made room until that time has passed, and nobody after it", () => {
  const { time, end } = ends();
  const [reader, honest] = [end(), end()];
  expect(reader.texts(honest.packet("1"))).toEqual(["1"]);
  for (let i = 0; i <= MAX_SENDERS; i++) reader.open(end({ now: () => time.ms + AGE_MS }).packet());
  expect(reader.texts(honest.packet("2"), end().packet("newcomer"))).toEqual([]);
  expect([reader.counters.evicted, reader.counters.stale]).toEqual([2, 2]);
  time.ms += AGE_MS;
  expect(reader.texts(honest.packet("3"))).toEqual([]);
  time.ms += 1;
  expect(reader.texts(honest.packet("4"), end().packet("newcomer"))).toEqual(["4", "newcomer"]);
});

test("an id that is used again refuses what is no later than the latest packet under its former key, and an id of its own refuses nothing", () => {
  const { time, end } = ends();
  const next = keyFrom("next");
  const reader = end({ keys: OLD_KEY });
  expect(reader.texts(end({ now: () => time.ms + AGE_MS }).packet("from the future"))).toHaveLength(1);
  reader.seal.rotate({ keys: OTHER_KEY, current: 2 });
  reader.seal.rotate({ keys: { 1: next, 3: next, ...OTHER_KEY }, current: 2 });
  const [again, own] = [1, 3].map((id) => end({ keys: { [id]: next }, current: id }));
  expect(reader.texts(again!.packet("again"), own!.packet("own"))).toEqual(["own"]);
  time.ms += AGE_MS + 1;
  expect(reader.texts(again!.packet("again"))).toEqual(["again"]);
});

test("a message that waits behind a long one is sealed when it leaves, and is not stale however long that takes", async () => {
  const site = new MemorySite();
  let nowMs = 1_800_000_000_000;
  const seal = { keys: OLD_KEY, current: 1, maxAgeMs: 10, now: () => nowMs };
  const [writer, reader] = ["a", "b"].map((host) => site.node(host, { ttl: 1 }).channel("c", { seal, fragment: true }));
  const sentAt: number[] = [];
  reader!.subscribe((_, message) => void sentAt.push(message.sentAt!));
  writer!.publish(Buffer.alloc(1 << 20));
  writer!.publish(Buffer.from("behind"));
  for (let ms = 0; ms < 100; ms++) {
    await site.network.clock.advance(1);
    nowMs += 1;
  }
  expect([sentAt.length, reader!.statistics().stale]).toEqual([2, 0]);
  expect(sentAt[1]! - 1_800_000_000_000).toBeGreaterThan(10);
});

test.each(["c", "C", "c\0", "c\0c", " gate\0c", "signature\0c", "cc", "c/c", HEARTBEAT_CHANNEL, "a".repeat(254), "a".repeat(255)])(
  "the name %j opens what was sealed for it, and nothing of a name that is like it",
  (name) => {
    const others = ["c", "C", "c\0", "c\0c", " gate\0c", "signature\0c", "cc", "c/c", HEARTBEAT_CHANNEL, "a".repeat(254), "a".repeat(255)];
    const reader = new SealedEnd({}, name);
    expect(others.flatMap((other) => reader.texts(new SealedEnd({}, other).packet(other)))).toEqual([name]);
  },
);

test("no nonce is on the wire twice: two nodes, one key under two ids, rotations, reopened channels, and the channel of heartbeats", async () => {
  const site = new MemorySite();
  const keys = { 1: KEYS[1], 2: KEYS[1] };
  const sealed = ["a", "a", "b"].map((host, index) => {
    const seal = { keys, current: 1 };
    return new ChannelNode(site.reactor(host), { name: `${host}${index}`, ttl: 1, heartbeatMs: 20, seal, logger: site.log });
  });
  for (let round = 0; round < 10; round++) {
    for (const node of sealed) {
      const channel = node.channel(round % 2 === 0 ? "c" : HEARTBEAT_CHANNEL, { seal: { keys, current: 1 + (round % 2) } });
      for (const current of [1, 2, 1]) {
        channel.publish(Buffer.from("x"));
        channel.seal!.rotate({ keys, current });
        node.seal!.rotate({ keys, current });
      }
      await channel.close();
    }
    await site.network.clock.advance(20);
  }
  const sent = site.network.trace.records.filter(({ event }) => event === "sent").map(({ packet }) => packet.payload);
  const nonces = new Map<string, string>(); // name, salt and counter: the key is the same all over
  for (const datagram of sent) {
    const contents = Buffer.from(datagram).subarray(5 + datagram[4]! + 4);
    const nonce = `${Buffer.from(datagram).toString("latin1", 5, 5 + datagram[4]!)} ${contents.toString("hex", 3, 25)}`;
    expect(nonces.get(nonce) ?? contents.toString("hex")).toBe(contents.toString("hex")); // the network in memory shows a packet on each wire
    nonces.set(nonce, contents.toString("hex"));
  }
  expect(nonces.size).toBeGreaterThan(90);
});
