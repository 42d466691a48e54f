import { createCipheriv, hkdfSync, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { zeroChannelStatistics } from "../../../packages/channels/src/channel/channel-message.js";
import { resolveSeal, type SealOptions } from "../../../packages/channels/src/seal/seal-keys.js";
import { SEAL_OVERHEAD_BYTES } from "../../../packages/channels/src/seal/sealed-packet.js";
import { Sealer } from "../../../packages/channels/src/seal/sealer.js";
import { Unsealer } from "../../../packages/channels/src/seal/unsealer.js";

const OLD = { key: Buffer.alloc(32, 1), keyId: 1 };
const NEW = { key: Buffer.alloc(32, 2), keyId: 2 };

function sealer(options: SealOptions = OLD, channel = "c"): Sealer {
  return new Sealer(channel, resolveSeal("channel", options));
}

class Reader {
  readonly statistics = zeroChannelStatistics();
  readonly unsealer: Unsealer;

  constructor(options: SealOptions = OLD, channel = "c") {
    this.unsealer = new Unsealer(channel, resolveSeal("channel", options), this.statistics);
  }

  texts(...packets: Buffer[]): string[] {
    return packets.flatMap((packet) => this.unsealer.unseal(packet)?.payload.toString() ?? []);
  }
}

const plain = Buffer.from("what nobody else may read");

describe("Sealer", () => {
  test("adds 38 bytes, of which the message is no part", () => {
    const packet = sealer().seal(plain);
    expect(packet.length - plain.length).toBe(SEAL_OVERHEAD_BYTES);
    expect(SEAL_OVERHEAD_BYTES).toBe(38);
    expect(packet.includes(plain)).toBe(false);
  });

  test("makes what the format says: HKDF with SHA-256, ChaCha20-Poly1305, the header authenticated", () => {
    const packet = sealer().seal(plain);
    const salt = packet.subarray(2, 18);
    const key = Buffer.from(hkdfSync("sha256", OLD.key, salt, "groupcast sealed channel 1\0c", 32));
    const cipher = createCipheriv("chacha20-poly1305", key, Buffer.alloc(12), { authTagLength: 16 });
    cipher.setAAD(packet.subarray(0, 22), { plaintextLength: plain.length });
    const body = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    expect(packet).toEqual(Buffer.concat([Buffer.of(1, 1), salt, Buffer.alloc(4), body]));
  });

  test("counts up, so that no nonce is used twice under one key", () => {
    const one = sealer();
    const counters = Array.from({ length: 1000 }, () => one.seal(plain).readUInt32BE(18));
    expect(counters).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  });

  test("has a salt, and with it a key, that no other sender has", () => {
    const salts = Array.from({ length: 100 }, () => sealer().seal(plain).toString("hex", 2, 18));
    expect(new Set(salts).size).toBe(100);
  });

  test("seals an empty message", () => {
    expect(new Reader().texts(sealer().seal(Buffer.alloc(0)))).toEqual([""]);
  });
});

describe("Unsealer", () => {
  test("opens what was sealed with its key", () => {
    const one = sealer();
    expect(new Reader().texts(one.seal(Buffer.from("1")), one.seal(Buffer.from("2")))).toEqual(["1", "2"]);
  });

  test("says who sealed it by the salt, and in which order by the counter", () => {
    const reader = new Reader();
    const [one, other] = [sealer(), sealer()];
    const opened = [one.seal(plain), one.seal(plain), other.seal(plain)].map((packet) => reader.unsealer.unseal(packet)!);
    expect(opened.map(({ counter }) => counter)).toEqual([0, 1, 0]);
    expect(opened[0]!.source).toBe(opened[1]!.source);
    expect(opened[2]!.source).not.toBe(opened[0]!.source);
  });

  test("opens nothing that was sealed with another key, or for another channel", () => {
    const reader = new Reader();
    const foreign = [sealer({ key: NEW.key, keyId: 1 }), sealer(NEW), sealer(OLD, "d")];
    expect(reader.texts(...foreign.map((one) => one.seal(plain)))).toEqual([]);
    expect(reader.statistics).toMatchObject({ unopened: 3, replayed: 0 });
    expect(reader.unsealer.senders).toBe(0);
  });

  test("opens no packet twice", () => {
    const reader = new Reader();
    const packet = sealer().seal(plain);
    expect(reader.texts(packet, packet, packet)).toHaveLength(1);
    expect(reader.statistics.replayed).toBe(2);
  });

  test("opens what comes late, within 1024 packets, and nothing that is older", () => {
    const one = sealer();
    const packets = Array.from({ length: 1026 }, () => one.seal(plain));
    const reader = new Reader();
    expect(reader.texts(packets[1025]!, packets[2]!, packets[2]!, packets[1]!)).toHaveLength(2);
    expect(reader.statistics.replayed).toBe(2);
  });

  test("opens with the keys it accepts while keys are exchanged, and seals with its own", () => {
    const [before, between, after] = [OLD, { ...NEW, accept: [OLD] }, NEW];
    const packets = [sealer(before).seal(plain), sealer(between).seal(plain), sealer(after).seal(plain)];
    expect(packets.map((packet) => packet[1])).toEqual([1, 2, 2]);
    expect([before, between, after].map((options) => new Reader(options).texts(...packets).length)).toEqual([1, 3, 2]);
  });

  test("notices every changed bit, and counts it", () => {
    const one = sealer();
    const packet = one.seal(plain);
    fc.assert(
      fc.property(fc.nat(packet.length * 8 - 1), (bit) => {
        const reader = new Reader();
        const changed = Buffer.from(packet);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(reader.texts(changed)).toEqual([]);
        expect(reader.statistics.unopened).toBe(1);
      }),
      { numRuns: 500 },
    );
  });

  test("opens a genuine packet after a forged one with its salt and counter", () => {
    const reader = new Reader();
    const one = sealer();
    const genuine = ["0", "1", "900"].map((text) => one.seal(Buffer.from(text)));
    expect(reader.texts(genuine[0]!)).toEqual(["0"]); // the sender is known from here on, and so is its salt, to everybody
    const forged = genuine.slice(1).map((packet) => Buffer.from(packet).fill(0, packet.length - 16));
    expect(reader.texts(...forged)).toEqual([]);
    expect(reader.texts(...genuine.slice(1))).toEqual(["1", "900"]);
    expect(reader.statistics).toMatchObject({ unopened: 2, replayed: 0 });
  });

  test("remembers nobody who has not proved to have the key", () => {
    const reader = new Reader();
    const length = SEAL_OVERHEAD_BYTES + 10;
    for (let i = 0; i < 2000; i++) reader.unsealer.unseal(Buffer.concat([Buffer.of(1, 1), randomBytes(length - 2)]));
    expect(reader.unsealer.senders).toBe(0);
    expect(reader.statistics.unopened).toBe(2000);
  });

  test("remembers a bounded number of senders, and counts who had to make room", () => {
    const reader = new Reader();
    for (let i = 0; i < 1100; i++) reader.texts(sealer().seal(plain));
    expect([reader.unsealer.senders, reader.statistics.evicted]).toEqual([1024, 76]);
  });

  test("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(new Reader().texts(Buffer.from(bytes))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("resolveSeal()", () => {
  test.each([
    [{ key: Buffer.alloc(31) }, "ERR_ARGUMENT_RANGE"],
    [{ key: "a passphrase" }, "ERR_ARGUMENT_TYPE"],
    [{ ...OLD, keyId: 256 }, "ERR_ARGUMENT_RANGE"],
    [{ ...OLD, accept: [{ ...NEW, keyId: 1 }] }, "ERR_ARGUMENT_RANGE"],
    [{ ...OLD, algorithm: "none" }, "ERR_OPTION_UNKNOWN"],
  ])("refuses %j with %s", (options, code) => {
    expect(() => resolveSeal("channel", options as never)).toThrow(expect.objectContaining({ code }));
  });

  test("says how long a wrong key is, and not what it is", () => {
    const secret = Buffer.alloc(16, "s3cr3t");
    expect(() => resolveSeal("channel", { key: secret })).toThrow(expect.objectContaining({ value: "16 bytes" }));
    const passphrase = "correct horse";
    expect(() => resolveSeal("channel", { key: passphrase as never })).toThrow(expect.objectContaining({ value: "a string" }));
    expect(() => resolveSeal("channel", { key: passphrase as never })).not.toThrow(passphrase);
  });
});
