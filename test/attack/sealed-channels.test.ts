// Attackers on a sealed channel: with recordings, with invented packets, with a member's key, and with a clone of a member.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { MemorySite } from "../support/channels/memory-site.js";
import { sealByHand } from "../support/channels/seal-by-hand.js";
import { KEYS, SealedEnd, TestTime } from "../support/channels/sealed-pair.js";

const FORGERIES = 20_000;
const PACKET_BYTES = 155;
const MAX_SENDERS = 1024;

/** Invented packets, each with a salt of its own, as a stranger makes them who knows the format. */
function invented(count: number): Buffer[] {
  const now = Buffer.alloc(8);
  now.writeBigUInt64BE(BigInt(Date.now()));
  return Array.from({ length: count }, () => {
    const packet = Buffer.concat([Buffer.of(2, 0, 1), randomBytes(PACKET_BYTES - 3)]);
    packet.set(now.subarray(2), 25);
    return packet;
  });
}

test("a flood of invented senders is refused, counted and not remembered, and honest newcomers are heard in the middle of it", () => {
  const reader = new SealedEnd();
  const heard: string[] = [];
  for (const [index, packet] of invented(FORGERIES).entries()) {
    expect(reader.open(packet)).toBeUndefined();
    if (index % 1000 === 999) heard.push(...reader.texts(new SealedEnd().packet(String(index))));
  }
  expect(heard).toHaveLength(FORGERIES / 1000);
  expect(reader.seal.statistics()).toMatchObject({ forged: FORGERIES, opened: heard.length });
  expect(reader.seal.senders).toBe(heard.length);
});

test("forgers who write the salt, the time and the counter of a newcomer do not keep it from being heard", () => {
  const reader = new SealedEnd();
  const newcomer = new SealedEnd();
  const genuine = newcomer.packets("1", "2", "3");
  for (let i = 0; i < FORGERIES; i++) {
    const packet = Buffer.from(genuine[i % 3]!);
    packet[i % packet.length]! ^= 1 + (i % 255);
    reader.open(packet);
  }
  expect(reader.texts(...genuine)).toEqual(["1", "2", "3"]);
  expect(reader.seal.statistics().opened).toBe(3);
});

test("every recording of 1025 senders, replayed in turn for as long as it is fresh and after, is accepted once", () => {
  const time = new TestTime();
  const end = () => new SealedEnd({ now: time.now, maxAgeMs: 1000 });
  const reader = end();
  const recording = Array.from({ length: MAX_SENDERS + 1 }, () => {
    time.ms += 0.5;
    return end().packet();
  });
  let accepted = 0;
  for (let round = 0; round < 5; round++) {
    accepted += reader.texts(...recording).length;
    time.ms += 200;
  }
  expect(accepted).toBe(MAX_SENDERS + 1);
  expect(end().texts(...recording)).toEqual([]); // a receiver that starts now
});

test("a recording under another key id, another channel, another version or with another end is forged or unknown, never opened", () => {
  const ids = [0, 1, 2, 3, 255];
  const reader = new SealedEnd({ keys: KEYS, current: 1 });
  const other = new SealedEnd({ keys: KEYS, current: 1 }, "other");
  const packet = new SealedEnd().packet("plan");
  const games: Buffer[] = ids.filter((id) => id !== 1).map((id) => Buffer.from(packet).fill(id, 2, 3));
  games.push(Buffer.concat([packet, Buffer.alloc(1)]), Buffer.concat([packet, packet]), packet.subarray(0, -1), packet.subarray(1));
  games.push(Buffer.from(packet).fill(1, 0, 1), Buffer.from(packet).fill(1, 1, 2));
  expect([reader.texts(...games), other.texts(packet)]).toEqual([[], []]);
  const { opened, ...refused } = reader.seal.statistics();
  expect([opened, Object.values(refused).reduce((sum, count) => sum + count)]).toEqual([0, games.length]);
  expect(reader.texts(packet)).toEqual(["plan"]);
});

test("a clone of a running sender writes the same nonces: one of each pair is heard, the other counts as replayed", () => {
  const reader = new SealedEnd();
  const facts = { key: KEYS[1], salt: randomBytes(16), timeMs: Date.now() };
  const [original, clone] = ["original", "clone"].map((message) => [5, 6].map((counter) => sealByHand({ ...facts, counter, message })));
  expect(reader.texts(original![0]!, clone![0]!, clone![1]!, original![1]!)).toEqual(["original", "clone"]);
  expect(reader.seal.statistics().replayed).toBe(2);
});

test("a member whose clock runs far ahead, or lies, makes nobody refuse the others", () => {
  const time = new TestTime();
  const reader = new SealedEnd({ now: time.now });
  const honest = new SealedEnd({ now: time.now });
  const liar = new SealedEnd({ now: () => time.ms + 59_000 });
  const wild = new SealedEnd({ now: () => 2 ** 48 - 1 });
  expect(reader.texts(liar.packet("early"), wild.packet("never"), honest.packet("right"))).toEqual(["early", "right"]);
  expect(reader.seal.statistics()).toMatchObject({ early: 1, stale: 0 });
});

test("a member without the right to sign floods in vain, and its packets are counted as unsigned", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const stranger = generateKeyPairSync("ed25519");
  const reader = new SealedEnd({ verify: { alice: publicKey } });
  for (let i = 0; i < 200; i++) {
    const facts = { key: KEYS[1], salt: randomBytes(16), timeMs: Date.now(), message: "x" };
    reader.open(sealByHand(facts));
    reader.open(sealByHand({ ...facts, signed: { as: publicKey, by: stranger.privateKey } }));
  }
  expect(reader.seal.statistics()).toMatchObject({ unsigned: 400, opened: 0 });
  expect([reader.seal.senders, reader.texts(new SealedEnd({ sign: privateKey }).packet("y"))]).toEqual([0, ["y"]]);
});

test("a flood from the network reaches no subscriber and leaves no trace in a node but its counters", async () => {
  const site = new MemorySite();
  const [a, b] = ["a", "b"].map((host) => site.node(host, { ttl: 1 }));
  const seal = { keys: KEYS, current: 1 };
  const heard: string[] = [];
  const reader = b!.channel("c", { seal });
  reader.subscribe((data) => void heard.push(data.toString()));
  const mallory = site.node("mallory", { ttl: 1 }).channel("c");
  for (const packet of invented(500)) {
    mallory.publish(packet);
    await site.settle();
  }
  a!.channel("c", { seal }).publish(Buffer.from("genuine"));
  await site.settle();
  expect(heard).toEqual(["genuine"]);
  expect(reader.statistics()).toMatchObject({ unopened: 500, received: 1 });
  expect(b!.statistics().sources).toBe(0);
});
