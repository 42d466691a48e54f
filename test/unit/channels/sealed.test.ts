import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sealByHand } from "../../support/channels/seal-by-hand.js";
import { KEYS, SealedEnd, TestTime } from "../../support/channels/sealed-pair.js";

const HEADER_BYTES = 31;
const OVERHEAD_BYTES = 55;
const plain = "what nobody else may read";

describe("Sealer", () => {
  test("adds 55 bytes, of which the message is no part", () => {
    const end = new SealedEnd();
    const packet = end.packet(plain);
    expect(packet.length - plain.length).toBe(OVERHEAD_BYTES);
    expect(end.seal.overheadBytes).toBe(OVERHEAD_BYTES);
    expect(packet.includes(plain)).toBe(false);
  });

  test("makes what the format says: HKDF with SHA-256, ChaCha20-Poly1305, the header authenticated, the gate over header and tag", () => {
    const time = new TestTime();
    const end = new SealedEnd({ now: time.now, keys: { 200: KEYS[2] }, current: 200 }, "robot/pose");
    end.packet();
    const packet = end.packet(plain);
    const salt = Buffer.from(end.seal.sender, "hex");
    const facts = { key: KEYS[2], keyId: 200, channel: "robot/pose", salt, counter: 1, timeMs: time.ms, message: plain };
    expect(packet).toEqual(sealByHand(facts));
  });

  test("counts up, so that no nonce is used twice under one key", () => {
    const one = new SealedEnd();
    const counters = Array.from({ length: 1000 }, () => one.packet().readUIntBE(19, 6));
    expect(counters).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  });

  test("has a salt, and with it a key, that no other sender has", () => {
    const salts = Array.from({ length: 100 }, () => new SealedEnd().packet().toString("hex", 3, 19));
    expect(new Set(salts).size).toBe(100);
  });

  test("seals an empty message", () => {
    expect(new SealedEnd().texts(new SealedEnd().packet(""))).toEqual([""]);
  });
});

describe("Unsealer", () => {
  test("opens what was sealed with its key", () => {
    expect(new SealedEnd().texts(...new SealedEnd().packets("1", "2"))).toEqual(["1", "2"]);
  });

  test("says who sealed it by the salt, when by the time, and in which order by the counter", () => {
    const time = new TestTime();
    const [reader, one, other] = [{}, {}, {}].map(() => new SealedEnd({ now: time.now })) as [SealedEnd, SealedEnd, SealedEnd];
    const packets = [one.packet(), one.packet(), other.packet()];
    time.ms += 5;
    const opened = packets.map((packet) => reader.open(packet)!);
    expect(opened.map(({ sequence }) => sequence)).toEqual([0, 1, 0]);
    expect(opened.map(({ seal }) => seal.sender)).toEqual([one.seal.sender, one.seal.sender, other.seal.sender]);
    expect(opened.map(({ seal }) => seal.sentAt)).toEqual([time.ms - 5, time.ms - 5, time.ms - 5]);
    expect(opened[0]!.source).toBe(opened[1]!.source);
    expect(opened[2]!.source).not.toBe(opened[0]!.source);
    expect(reader.seal.statistics()).toMatchObject({ opened: 3, forged: 0 });
  });

  test("opens nothing that was sealed with another key, or for another channel", () => {
    const reader = new SealedEnd();
    const foreign = [new SealedEnd({ keys: { 1: KEYS[2] } }), new SealedEnd({}, "d"), new SealedEnd({ keys: KEYS, current: 2 })];
    expect(reader.texts(...foreign.map((one) => one.packet()))).toEqual([]);
    expect(reader.seal.statistics()).toMatchObject({ forged: 2, unknownKey: 1, opened: 0 });
    expect(reader.counters).toMatchObject({ unopened: 3, replayed: 0, stale: 0 });
    expect(reader.seal.senders).toBe(0);
  });

  test("opens no packet twice", () => {
    const reader = new SealedEnd();
    const packet = new SealedEnd().packet();
    expect(reader.texts(packet, packet, packet)).toHaveLength(1);
    expect([reader.counters.replayed, reader.seal.statistics().replayed]).toEqual([2, 2]);
  });

  test("opens what comes late, within 1024 packets, and nothing that is older", () => {
    const one = new SealedEnd();
    const packets = Array.from({ length: 1026 }, () => one.packet());
    const reader = new SealedEnd();
    expect(reader.texts(packets[1025]!, packets[2]!, packets[2]!, packets[1]!)).toHaveLength(2);
    expect(reader.counters.replayed).toBe(2);
  });

  test("notices every changed bit, and counts it", () => {
    const packet = new SealedEnd().packet(plain);
    fc.assert(
      fc.property(fc.nat(packet.length * 8 - 1), (bit) => {
        const reader = new SealedEnd();
        const changed = Buffer.from(packet);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(reader.texts(changed)).toEqual([]);
        expect(reader.counters.unopened).toBe(1);
      }),
      { numRuns: 700 },
    );
  });

  test("opens nothing that was cut, however short, and counts it", () => {
    const reader = new SealedEnd();
    const packet = new SealedEnd().packet(plain);
    for (let length = 0; length < packet.length; length++) expect(reader.texts(packet.subarray(0, length))).toEqual([]);
    expect(reader.seal.statistics()).toMatchObject({ unsealed: OVERHEAD_BYTES, forged: packet.length - OVERHEAD_BYTES });
    expect(reader.texts(packet)).toEqual([plain]);
  });

  test("calls a packet of the first format outdated, and one of a kind or version that it does not know unsealed", () => {
    const reader = new SealedEnd();
    const first = Buffer.concat([Buffer.of(1, 1), randomBytes(36)]);
    const [kind, version] = [Buffer.from(new SealedEnd().packet()), Buffer.from(new SealedEnd().packet())];
    kind[1] = 2;
    version[0] = 3;
    expect(reader.texts(first, first.subarray(0, 37), kind, version)).toEqual([]);
    expect(reader.seal.statistics()).toMatchObject({ outdated: 1, unsealed: 3 });
  });

  test("opens a genuine packet after a forged one with its salt and counter", () => {
    const reader = new SealedEnd();
    const genuine = new SealedEnd().packets("0", "1", "900");
    expect(reader.texts(genuine[0]!)).toEqual(["0"]); // the sender is known from here on, and so is its salt, to everybody
    const forged = genuine.slice(1).map((packet) => Buffer.from(packet).fill(0, packet.length - 24, packet.length - 8));
    const tampered = genuine.slice(1).map((packet) => flipped(packet, HEADER_BYTES)); // the gate is right
    expect(reader.texts(...forged, ...tampered)).toEqual([]);
    expect(reader.texts(...genuine.slice(1))).toEqual(["1", "900"]);
    expect(reader.seal.statistics()).toMatchObject({ forged: 4, replayed: 0 });
  });

  test("remembers nobody who has not proved to have the key", () => {
    const reader = new SealedEnd();
    for (let i = 0; i < 2000; i++) reader.open(Buffer.concat([Buffer.of(2, 0, 1), randomBytes(80)]));
    const tampered = Array.from({ length: 100 }, () => flipped(new SealedEnd().packet(), HEADER_BYTES));
    expect(reader.texts(...tampered)).toEqual([]);
    expect(reader.seal.senders).toBe(0);
    expect(reader.counters.unopened).toBe(2100);
  });

  test("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), (bytes) => {
        expect(new SealedEnd().texts(Buffer.from(bytes))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

/** Returns the packet with one bit of the byte changed. Another value would change nothing where the byte has it already. */
function flipped(packet: Uint8Array, offset: number): Buffer {
  const changed = Buffer.from(packet);
  changed[offset]! ^= 1;
  return changed;
}
