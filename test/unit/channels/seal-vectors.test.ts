// Packets that Python's package cryptography 48 sealed, after the text of docs/sealed-channels.md and without our code.
import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sealByHand } from "../../support/channels/seal-by-hand.js";
import { keyFrom, SealedEnd } from "../../support/channels/sealed-pair.js";

const alice = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), keyFrom("alice")]),
  format: "der",
  type: "pkcs8",
});
const SALT = "63479ad69a090b258277ec8fba6f9941";

// Each key is the SHA-256 of a word.
const VECTORS = [
  {
    word: "one",
    keyId: 1,
    channel: "c",
    salt: "000102030405060708090a0b0c0d0e0f",
    counter: 0,
    timeMs: 1_800_000_000_000,
    message: "",
    signer: undefined,
    packet: "020001000102030405060708090a0b0c0d0e0f00000000000001a3185c5000aa055cbbf08d10094e56115abd30e04863ab4e03c11c3df1",
  },
  {
    word: "two",
    keyId: 255,
    channel: "robot/pose",
    salt: SALT,
    counter: 2 ** 48 - 1,
    timeMs: 1_800_000_000_123,
    message: "x=1",
    signer: undefined,
    packet: "0200ff63479ad69a090b258277ec8fba6f9941ffffffffffff01a3185c507bd09fa0f2b39b6539fe92b11fc086c86321085f01c0c38aa3f299cc",
  },
  {
    word: "three",
    keyId: 0,
    channel: "robot/pose",
    salt: SALT,
    counter: 2 ** 32,
    timeMs: 1,
    message: "signed by alice",
    signer: "alice",
    packet:
      "02010063479ad69a090b258277ec8fba6f99410001000000000000000000011c0c490f1b5528d83e56419bebadc108debec8779b6d69a7f35800750c6e3f5e2624" +
      "1dc012d0259e045c82c05674b52dea804d76cfe18d92f192f463f1be99f722036cb7b1a91637d4c9b4a6467eacefcd02cf88ae1d2a8a8ab5c49c9136d76cc55df8" +
      "9bc6919ebaa53e80940a440b",
  },
];

describe.each(VECTORS)("a packet with key $keyId, counter $counter, signed by $signer", (vector) => {
  const { word, keyId, channel, salt, counter, timeMs, message, signer, packet } = vector;
  const verify = signer === undefined ? {} : { verify: { alice: createPublicKey(alice) } };
  const seal = { keys: { [keyId]: keyFrom(word) }, current: keyId, now: () => timeMs, ...verify };

  test("is opened", () => {
    const opened = new SealedEnd(seal, channel).open(Buffer.from(packet, "hex"))!;
    expect([opened.payload.toString(), opened.sequence]).toEqual([message, counter]);
    expect(opened.seal).toEqual({ sender: salt, signer, sentAt: timeMs });
  });

  test("is what the tests make by hand, which the library's packets are compared with", () => {
    const signed = signer === undefined ? {} : { signed: { as: createPublicKey(alice), by: alice } };
    const facts = { key: keyFrom(word), keyId, channel, salt: Buffer.from(salt, "hex"), counter, timeMs, message, ...signed };
    expect(sealByHand(facts).toString("hex")).toBe(packet);
  });
});
