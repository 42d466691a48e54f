// Challenges on hosts whose clocks throw, on channels that are left by another receiver of the same packet, and on ones that begin to verify.
import { generateKeyPairSync } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { decodeChallenge, encodeAnswer } from "../../../packages/channels/src/challenge/challenge-contents.js";
import { CHALLENGES, ChallengeLab } from "../../support/channels/challenge-lab.js";
import { sealByHand } from "../../support/channels/seal-by-hand.js";
import { KEYS, SealedEnd } from "../../support/channels/sealed-pair.js";

let lab: ChallengeLab;

beforeEach(() => {
  lab = new ChallengeLab();
});

describe("a clock that throws", () => {
  test("while an answer waits for its turn is reported, and the challenge that comes again is answered", async () => {
    let isBroken = false;
    const now = (): number => {
      if (isBroken) throw new Error("no clock");
      return Number.NaN;
    };
    const [first, second, writer] = [lab.end(), lab.end(), lab.end({ now })];
    await lab.prove(first, writer);
    second.open(writer.packet());
    await lab.pass(20); // the challenge has come; the answer waits, as there was one less than 100 ms ago
    isBroken = true;
    await lab.pass(100);
    expect([lab.errors.map(String), writer.exchange.statistics()]).toMatchObject([
      ["Error: no clock"],
      { answered: 1, sent: 1, dropped: 0 },
    ]);
    isBroken = false;
    await lab.pass(500);
    expect([second.exchange.statistics().proven, second.texts(writer.packet("1"))]).toEqual([1, ["1"]]);
  });

  test("while a packet is opened makes nobody ask, and the next packet is as any", async () => {
    let isBroken = true;
    const now = (): number => {
      if (isBroken) throw new Error("no clock");
      return Number.NaN;
    };
    const [reader, writer] = [lab.end({ now }), lab.end()];
    expect(() => reader.open(writer.packet())).toThrow("no clock");
    await lab.pass(1000);
    expect([lab.packets.length, lab.clock.pendingCalls]).toEqual([0, 0]);
    isBroken = false;
    await lab.prove(reader, writer);
    expect(reader.texts(writer.packet("1"))).toEqual(["1"]);
  });
});

describe("an exchange that all users have left", () => {
  test("asks nobody for a packet that comes all the same: no timer, packet or socket is left behind", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    const packet = writer.packet();
    reader.exchange.leave();
    expect(reader.open(packet)).toBeUndefined();
    await lab.pass(20_000);
    expect([lab.packets.length, reader.transport.openSenders, lab.clock.pendingCalls]).toEqual([0, 0, 0]);
  });

  test("asks on as long as one of two users is left", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    reader.exchange.join();
    reader.exchange.leave();
    await lab.prove(reader, writer);
    expect(reader.texts(writer.packet("1"))).toEqual(["1"]);
    reader.exchange.leave();
    expect([reader.transport.received, reader.transport.openSenders]).toEqual([[], 0]);
  });
});

describe("what is refused and counted", () => {
  test("contents that are neither a challenge nor an answer, and a repeat of them", async () => {
    const [reader, member] = [lab.end(), new SealedEnd({}, CHALLENGES)];
    const malformed = member.packet("\u0003 neither");
    lab.inject(malformed);
    await lab.pass(5);
    expect(reader.exchange.statistics().refused).toBe(1);
    lab.inject(malformed);
    await lab.pass(5);
    expect(reader.exchange.statistics().refused).toBe(2);
    reader.exchange.leave();
    reader.exchange.packetReceived({ channel: "", source: { id: "x" }, sequence: 0, payload: malformed, isRelayed: false });
    expect(reader.exchange.statistics().refused).toBe(2);
  });

  test("an answer of a member with another nonce, for a sender that is asked: it proves nothing", async () => {
    const [reader, member] = [lab.end(), new SealedEnd({}, CHALLENGES)];
    const writer = new SealedEnd({ now: () => Number.NaN });
    reader.open(writer.packet());
    await lab.pass(5);
    const salt = Buffer.from(writer.seal.sender, "hex").toString("latin1");
    lab.inject(member.seal.seal(encodeAnswer({ salt, counter: 0, timeMs: 0, nonces: ["n".repeat(16)] })));
    await lab.pass(5);
    expect([reader.exchange.statistics().proven, reader.texts(writer.packet())]).toEqual([0, []]);
  });
});

describe("leaving and joining again", () => {
  test("sends no answer that was waiting, and opens another sender with the next packet", async () => {
    const [first, second, writer] = [lab.end(), lab.end(), lab.end()];
    await lab.prove(first, writer);
    second.open(writer.packet());
    await lab.pass(20); // the challenge has come; its answer waits
    writer.exchange.leave();
    await lab.pass(100);
    expect([writer.exchange.statistics().answered, writer.transport.openSenders]).toEqual([1, 0]);
    writer.exchange.join();
    await lab.pass(500);
    expect([second.exchange.statistics().proven, writer.transport.openSenders]).toEqual([1, 1]);
  });

  test("receives once, however many users there are", () => {
    const end = lab.end();
    let calls = 0;
    end.transport.startReceiving = () => void calls++;
    end.exchange.join();
    expect(calls).toBe(0);
  });
});

test("a transport that fails again after it had recovered is reported again", async () => {
  const reader = lab.end();
  let isFailing = true;
  reader.transport.openSender = () => ({
    send: () => {
      if (isFailing) throw new Error("no route");
      return true;
    },
    close: () => {},
  });
  reader.open(new SealedEnd({ now: () => Number.NaN }).packet());
  await lab.pass(5);
  isFailing = false;
  await lab.pass(300); // the second try
  isFailing = true;
  await lab.pass(10_000);
  expect(lab.errors.map(String)).toEqual(["Error: no route", "Error: no route"]);
});

describe("rotate() to verify signatures", () => {
  const [alice, bob, mary] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
  const verifying = { keys: { 1: KEYS[1] }, current: 1, verify: { alice: alice.publicKey } };

  test("takes back what was proved before, when any member could answer for another", async () => {
    const [reader, writer] = [lab.end(), new SealedEnd({ now: () => Number.NaN, sign: alice.privateKey })];
    const recording = writer.packets("0", "1");
    reader.open(recording[0]!);
    await lab.pass(5);
    const member = new SealedEnd({ now: () => 0, maxAgeMs: Number.MAX_SAFE_INTEGER }, CHALLENGES);
    const { salt, nonce } = decodeChallenge(member.open(lab.packets[0]!)!.payload)!.questions![0]!;
    const message = encodeAnswer({ salt, counter: 0, timeMs: 0, nonces: [nonce] });
    const signed = { as: alice.publicKey, by: mary.privateKey };
    lab.inject(sealByHand({ key: KEYS[1], channel: CHALLENGES, salt: Buffer.alloc(16, 7), timeMs: 0, message, signed }));
    await lab.pass(5);
    expect([reader.exchange.statistics().proven, reader.texts(recording[0]!)]).toEqual([1, ["0"]]); // so far members are one
    reader.seal.rotate(verifying);
    expect(reader.texts(recording[1]!)).toEqual([]);
  });

  test("asks anew who has proved something before, and no more when others are verified", async () => {
    const [reader, writer] = [lab.end(), lab.end({ sign: alice.privateKey })];
    await lab.prove(reader, writer);
    reader.seal.rotate(verifying);
    expect(reader.texts(writer.packet("1"))).toEqual([]);
    await lab.pass(200);
    expect(reader.texts(writer.packet("2"))).toEqual(["2"]);
    reader.seal.rotate({ ...verifying, verify: { alice: alice.publicKey, bob: bob.publicKey } });
    expect(reader.texts(writer.packet("3"))).toEqual(["3"]);
    expect(reader.exchange.statistics()).toMatchObject({ asked: 2, proven: 2 });
  });
});
