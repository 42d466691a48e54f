import { generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { resolveSeal } from "../../../packages/channels/src/seal/seal-options.js";
import { KEYS } from "../../support/channels/sealed-pair.js";

const key = KEYS[1];
const one = { keys: { 1: key }, current: 1 };
const ed25519 = generateKeyPairSync("ed25519");
const x25519 = generateKeyPairSync("x25519");

describe("resolveSeal()", () => {
  test.each<[string, object, string]>([
    ["no keys", {}, "ERR_ARGUMENT_TYPE"],
    ["keys that are no object", { keys: key.toString("hex"), current: 1 }, "ERR_ARGUMENT_TYPE"],
    ["a key that is missing", { keys: { 1: undefined }, current: 1 }, "ERR_ARGUMENT_TYPE"],
    ["a key that is too short", { keys: { 1: key.subarray(1) }, current: 1 }, "ERR_ARGUMENT_RANGE"],
    ["a passphrase", { keys: { 1: "a passphrase" }, current: 1 }, "ERR_ARGUMENT_TYPE"],
    ["an id beyond a byte", { keys: { 256: key }, current: 256 }, "ERR_ARGUMENT_RANGE"],
    ["an id below zero", { keys: { [-1]: key }, current: -1 }, "ERR_ARGUMENT_RANGE"],
    ["an id with a fraction", { keys: { 1.5: key }, current: 1 }, "ERR_ARGUMENT_RANGE"],
    ["an id that is a word", { keys: { first: key }, current: 1 }, "ERR_ARGUMENT_RANGE"],
    ["an id with a leading zero", { keys: { "01": key }, current: 1 }, "ERR_ARGUMENT_RANGE"],
    ["no current key", { keys: { 1: key } }, "ERR_ARGUMENT_TYPE"],
    ["a current key that is not there", { keys: { 1: key }, current: 2 }, "ERR_ARGUMENT_RANGE"],
    ["an age of nothing", { ...one, maxAgeMs: 0 }, "ERR_ARGUMENT_RANGE"],
    ["an age that is no number", { ...one, maxAgeMs: Number.NaN }, "ERR_ARGUMENT_RANGE"],
    ["a clock that is none", { ...one, now: 5 }, "ERR_ARGUMENT_TYPE"],
    ["challenges that are neither on nor off", { ...one, challenge: "always" }, "ERR_ARGUMENT_TYPE"],
    ["an unknown option", { ...one, algorithm: "none" }, "ERR_OPTION_UNKNOWN"],
    ["a public key to sign with", { ...one, sign: ed25519.publicKey }, "ERR_ARGUMENT_RANGE"],
    ["a key of another curve to sign with", { ...one, sign: x25519.privateKey }, "ERR_ARGUMENT_RANGE"],
    ["bytes to sign with", { ...one, sign: key }, "ERR_ARGUMENT_TYPE"],
    ["a private key to verify with", { ...one, verify: { a: ed25519.privateKey } }, "ERR_ARGUMENT_RANGE"],
    ["bytes to verify with", { ...one, verify: { a: key } }, "ERR_ARGUMENT_TYPE"],
    ["members that are no object", { ...one, verify: 5 }, "ERR_ARGUMENT_TYPE"],
    ["null to sign with, which is no way to say no", { ...one, sign: null }, "ERR_ARGUMENT_TYPE"],
    ["an empty text to sign with", { ...one, sign: "" }, "ERR_ARGUMENT_TYPE"],
    ["null for the members, which is no way to say no", { ...one, verify: null }, "ERR_ARGUMENT_TYPE"],
    ["false for the members", { ...one, verify: false }, "ERR_ARGUMENT_TYPE"],
    ["one public key for the members", { ...one, verify: ed25519.publicKey }, "ERR_ARGUMENT_TYPE"],
    ["members in a Map", { ...one, verify: new Map([["a", ed25519.publicKey]]) }, "ERR_ARGUMENT_TYPE"],
    ["members in a list", { ...one, verify: [ed25519.publicKey] }, "ERR_ARGUMENT_TYPE"],
    ["one public key under two names", { ...one, verify: { a: ed25519.publicKey, b: ed25519.publicKey } }, "ERR_ARGUMENT_RANGE"],
  ])("refuses %s", (_, options, code) => {
    expect(() => resolveSeal("channel", options as never)).toThrow(expect.objectContaining({ code }));
  });

  test.each<[string, Buffer]>([
    ["zeroes", Buffer.alloc(32)],
    ["equal bytes", Buffer.alloc(32, 0xab)],
    ["a pattern of four bytes", Buffer.alloc(32, "key!")],
    ["bytes that count up", Buffer.from(Array.from({ length: 32 }, (_, i) => i))],
    ["bytes that count down past 0", Buffer.from(Array.from({ length: 32 }, (_, i) => 10 - i))],
  ])("refuses a key of %s, which anybody guesses", (_, weak) => {
    const refused = () => resolveSeal("channel", { keys: { 1: key, 7: weak }, current: 1 });
    expect(refused).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE", argument: "keys" }));
    expect(refused).toThrow(/the key 7 has .*bytes.*randomBytes\(32\)/);
  });

  test("takes every random key, and every id of a byte", () => {
    const keys = Object.fromEntries(Array.from({ length: 256 }, (_, id) => [id, randomBytes(32)]));
    expect(resolveSeal("channel", { keys, current: 255 }).ring.keys.size).toBe(256);
  });

  test("says how long a wrong key is, and not what it is", () => {
    const secret = Buffer.alloc(16, "s3cr3t");
    expect(() => resolveSeal("channel", { keys: { 1: secret }, current: 1 })).toThrow(expect.objectContaining({ value: "16 bytes" }));
    const passphrase = "correct horse";
    const refused = () => resolveSeal("channel", { keys: { 1: passphrase as never }, current: 1 });
    expect(refused).toThrow(expect.objectContaining({ value: "a string" }));
    expect(refused).not.toThrow(passphrase);
  });

  test("accepts 60 seconds by default, by the clock of the system", () => {
    expect(resolveSeal("channel", one)).toMatchObject({
      maxAgeMs: 60_000,
      challenge: false,
      now: Date.now,
      sign: undefined,
      verify: undefined,
    });
  });
});
