// Calls into OpenSSL that strangers can cause: counts instead of times, so that a busy machine changes nothing.
import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { SealedEnd } from "../../support/channels/sealed-pair.js";

const calls = vi.hoisted(() => ({ hash: 0, hkdfSync: 0, createDecipheriv: 0 }));

vi.mock("node:crypto", async (original) => {
  const real = await original<typeof import("node:crypto")>();
  const counted = Object.keys(calls).map((name) => {
    const call = real[name as keyof typeof calls] as (...args: unknown[]) => unknown;
    return [name, (...args: unknown[]) => [call(...args), calls[name as keyof typeof calls]++][0]] as const;
  });
  return { ...real, ...Object.fromEntries(counted) };
});

const PACKETS = 1000;
const CIPHERTEXT_OFFSET = 31;

let reader: SealedEnd;
let sender: SealedEnd;
let genuine: Buffer[];

beforeEach(() => {
  reader = new SealedEnd();
  sender = new SealedEnd();
  genuine = sender.packets(...Array.from({ length: PACKETS }, String));
  Object.assign(calls, { hash: 0, hkdfSync: 0, createDecipheriv: 0 });
});

describe("unseal()", () => {
  test("hashes an invented packet once, and neither derives a key for it nor decrypts it", () => {
    for (let i = 0; i < PACKETS; i++) reader.open(Buffer.concat([Buffer.of(2, 0, 1), randomBytes(100)]));
    expect([calls, reader.seal.statistics().forged]).toEqual([{ hash: PACKETS, hkdfSync: 0, createDecipheriv: 0 }, PACKETS]);
  });

  test("does not even hash what is not sealed, or has an unknown key", () => {
    for (let i = 0; i < PACKETS; i++) reader.open(Buffer.concat([Buffer.of(i % 2 === 0 ? 3 : 2, 0, 9), randomBytes(100)]));
    expect(calls).toEqual({ hash: 0, hkdfSync: 0, createDecipheriv: 0 });
  });

  test("hashes a repeated packet once, and does not decrypt it again", () => {
    for (let i = 0; i < PACKETS; i++) reader.open(genuine[0]!);
    expect([calls, reader.counters.replayed]).toEqual([{ hash: PACKETS, hkdfSync: 1, createDecipheriv: 1 }, PACKETS - 1]);
  });

  test("derives the key of a sender once, also while strangers change its packets before they come", () => {
    for (const packet of genuine) {
      const changed = Buffer.from(packet);
      changed[CIPHERTEXT_OFFSET]! ^= 1;
      expect(reader.open(changed)).toBeUndefined();
    }
    expect(calls).toEqual({ hash: PACKETS, hkdfSync: 1, createDecipheriv: PACKETS });
    expect(reader.texts(...genuine)).toHaveLength(PACKETS);
    expect(calls.hkdfSync).toBe(1);
  });
});
