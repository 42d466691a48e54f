// Challenges and answers that Python's package cryptography 48 sealed, after the text of docs/sealed-channels.md and without our code.
import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { decodeChallenge, encodeAnswer, encodeQuestions } from "../../../packages/channels/src/challenge/challenge-contents.js";
import { challengeChannelOf } from "../../../packages/channels/src/challenge/challenge-name.js";
import { keyFrom, SealedEnd } from "../../support/channels/sealed-pair.js";

const alice = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), keyFrom("alice")]),
  format: "der",
  type: "pkcs8",
});
const fromHex = (hex: string): string => Buffer.from(hex, "hex").toString("latin1");
const SALT = fromHex("63479ad69a090b258277ec8fba6f9941");
const OTHER = fromHex("101112131415161718191a1b1c1d1e1f");
const NONCES = [fromHex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"), fromHex("b0b1b2b3b4b5b6b7b8b9babbbcbdbebf")] as const;
const QUESTIONS = [
  { salt: SALT, nonce: NONCES[0] },
  { salt: OTHER, nonce: NONCES[1] },
];
const ANSWER = { salt: SALT, counter: 2 ** 32 + 5, timeMs: 1_800_000_000_123, nonces: NONCES };

// Sealed on the channel of the challenges of robot/pose, with the SHA-256 of "two" as key 255.
const VECTORS = [
  {
    title: "a challenge to two senders, by a host without a clock",
    counter: 3,
    timeMs: 0,
    signer: undefined,
    contents: { questions: QUESTIONS },
    packet:
      "0200ff000102030405060708090a0b0c0d0e0f00000000000300000000000045231c2f4aeff4fa945b75ad6d0e5dfa51fc92bf83c48ed2a73711c9096bca5d5b97" +
      "5ad6eaecc20fb76fd7350f5d785121d539d17f6c2ea406f582f9040a3e502e23919d933527b6207f5ff6dc7259e23dc9edc1f87f631d9c",
  },
  {
    title: "an answer to two challenges",
    counter: 9,
    timeMs: 1_800_000_000_124,
    signer: undefined,
    contents: { answer: ANSWER },
    packet:
      "0200ffffeeddccbbaa9988776655443322110000000000000901a3185c507c0a329d29e995a8aca3066fb87510f9a030068a29199bba66c5d493c5e2632f9e67b7" +
      "7434ea44951d0385ff4dd7ce00ffaa2e87387d0b0627ffffb73de89434efb312b6e5762034d97ca6646c8b52adba136d4859fd",
  },
  {
    title: "an answer that alice signed",
    counter: 2 ** 48 - 1,
    timeMs: 1_800_000_000_124,
    signer: "alice",
    contents: { answer: ANSWER },
    packet:
      "0201ffffeeddccbbaa99887766554433221100ffffffffffff01a3185c507c1c0c490f1b5528d878f03bf6624df1b2271e3c3e84e03bd06d9700dee9d0ff653bab" +
      "970ecffed09822b8e59936d2c14f85b7fa8a73fe54b9973bc1bda4ce6fc5a045d8a8e864443f639821a568467217f0fc9cca420c92bc10238b0511dc9e16d86efd" +
      "b287a8b5e87cb8a8727069c6541a77fec62203aadd9373b643febe73da7ada119d6e1d2df0ba94427ae68c9d0a566e76282fb5efcd070fe92676",
  },
];

describe.each(VECTORS)("$title", ({ counter, timeMs, signer, contents, packet }) => {
  const verify = signer === undefined ? {} : { verify: { alice: createPublicKey(alice) } };
  const end = new SealedEnd(
    { keys: { 255: keyFrom("two") }, current: 255, now: () => timeMs, ...verify },
    challengeChannelOf("robot/pose"),
  );

  test("is opened and read, and its contents are what the library writes", () => {
    const opened = end.open(Buffer.from(packet, "hex"))!;
    expect([opened.sequence, opened.seal.signer]).toEqual([counter, signer]);
    expect(decodeChallenge(opened.payload)).toEqual(contents);
    const written = contents.questions === undefined ? encodeAnswer(contents.answer) : encodeQuestions(contents.questions);
    expect(written).toEqual(opened.payload);
  });
});

describe("decodeChallenge()", () => {
  const question = encodeQuestions(QUESTIONS);
  const answer = encodeAnswer(ANSWER);

  test("refuses contents that were cut, or have something behind them", () => {
    const whole = new Map([
      [question, [33, 65]],
      [answer, [45, 61, 77]],
    ]);
    for (const [bytes, lengths] of whole) {
      const longer = Buffer.concat([bytes, Buffer.alloc(20)]);
      const read = Array.from({ length: longer.length }, (_, length) => length).filter((length) =>
        decodeChallenge(longer.subarray(0, length)),
      );
      expect(read).toEqual(lengths);
    }
  });

  test("refuses other kinds, and more than 32 challenges or 64 nonces", () => {
    expect([0, 3, 255].map((kind) => decodeChallenge(Buffer.from(question).fill(kind, 0, 1)))).toEqual([undefined, undefined, undefined]);
    const many = (count: number) => Array.from({ length: count }, () => QUESTIONS[0]!);
    expect([32, 33].map((count) => decodeChallenge(encodeQuestions(many(count)))?.questions?.length)).toEqual([32, undefined]);
    const nonces = (count: number) => ({ ...ANSWER, nonces: Array.from({ length: count }, () => NONCES[0]) });
    expect([64, 65].map((count) => decodeChallenge(encodeAnswer(nonces(count)))?.answer?.nonces.length)).toEqual([64, undefined]);
  });
});
