// The rules of challenges, on a hub: who asks and answers when, what an answer proves, and what is forgotten.
import { generateKeyPairSync } from "node:crypto";
import type { ChannelSender } from "@groupcast/channels";
import { beforeEach, describe, expect, test } from "vitest";
import { Answerer } from "../../../packages/channels/src/challenge/answerer.js";
import { decodeChallenge, encodeAnswer } from "../../../packages/channels/src/challenge/challenge-contents.js";
import { Challenger } from "../../../packages/channels/src/challenge/challenger.js";
import { zeroChallengeStatistics } from "../../../packages/channels/src/seal/seal-challenges.js";
import { CHALLENGES, ChallengeLab } from "../../support/channels/challenge-lab.js";
import { sealByHand } from "../../support/channels/seal-by-hand.js";
import { KEYS, SealedEnd } from "../../support/channels/sealed-pair.js";

const AGE_MS = 1000;
const MAX_SENDERS = 1024;
const START_MS = 1_800_000_000_000;
const noClock = (): number => Number.NaN;

let lab: ChallengeLab;

beforeEach(() => {
  lab = new ChallengeLab();
});

/** A clock of an end that differs from the right time. */
function clock(offMs = 0): () => number {
  return () => START_MS + offMs + lab.clock.nowMs();
}

describe("what an answer proves", () => {
  test("that packets with its counter or a higher one are fresh, in whatever order they come, and no lower ones", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    const before = writer.packets("0", "1", "2");
    await lab.prove(reader, writer);
    const after = writer.packets("4", "5");
    expect(reader.texts(after[1]!, ...before, after[0]!, after[0]!)).toEqual(["5", "4"]);
    expect(reader.seal.statistics()).toMatchObject({ stale: 4, replayed: 1, opened: 2 });
  });

  test("that a packet was not held back: for maxAgeMs from then on, by the sender's clock, whatever it shows", async () => {
    for (const now of [noClock, clock(), clock(-3_600_000), () => 1e6 + lab.clock.nowMs()]) {
      const [reader, writer] = [lab.end(), lab.end({ now })];
      await lab.prove(reader, writer);
      const [early, late] = writer.packets("early", "late");
      await lab.pass(AGE_MS - 10);
      expect(reader.texts(early!)).toEqual(["early"]);
      await lab.pass(20);
      expect(reader.texts(late!)).toEqual([]);
      await lab.pass(500); // it has asked again
      expect([reader.texts(late!), reader.texts(writer.packet("new"))]).toEqual([[], ["new"]]);
      expect(reader.exchange.statistics()).toMatchObject({ asked: 2, proven: 2 });
    }
  });

  test("nothing for what an attacker holds back after it had a sender with a right clock asked", async () => {
    const [reader, writer] = [lab.end({ now: clock() }), lab.end({ now: clock() })];
    const recording = writer.packet("old");
    await lab.pass(3_600_000);
    expect(reader.texts(recording)).toEqual([]);
    await lab.pass();
    const held = writer.packet("held");
    await lab.pass(AGE_MS + 100);
    expect([reader.texts(held), reader.texts(writer.packet("new"))]).toEqual([[], ["new"]]);
  });

  test("nothing when it was held back itself for longer than maxAgeMs: the next challenge has another nonce", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    lab.hub.isLost = (index) => index === 1;
    await lab.prove(reader, writer);
    const held = lab.packets[1]!; // the first answer
    lab.hub.isLost = () => true;
    await lab.pass(AGE_MS + 100);
    lab.hub.isLost = () => false;
    lab.inject(held);
    await lab.pass(50);
    expect([reader.exchange.statistics().proven, reader.texts(writer.packet())]).toEqual([0, []]);
    await lab.pass(3000);
    expect([reader.exchange.statistics().proven, reader.texts(writer.packet("new"))]).toEqual([1, ["new"]]);
  });

  test("that a sender is fresh whose clock is set later on, and whose clock jumps", async () => {
    let now = noClock;
    const [reader, writer] = [lab.end({ now: clock() }), lab.end({ now: () => now() })];
    await lab.prove(reader, writer);
    expect(reader.texts(writer.packet("1"))).toEqual(["1"]);
    now = clock();
    expect(reader.open(writer.packet("2"))!.seal.sentAt).toBe(clock()());
    now = clock(86_400_000);
    expect(reader.texts(writer.packet("3"))).toEqual([]);
    await lab.pass(200);
    expect(reader.texts(writer.packet("4"))).toEqual(["4"]);
    expect(reader.exchange.statistics()).toMatchObject({ asked: 2, proven: 2 });
  });

  test("nothing about another sender, nor to another receiver", async () => {
    const [reader, other, writer, stranger] = [lab.end(), lab.end(), lab.end(), lab.end()];
    await lab.prove(reader, writer);
    expect(reader.texts(stranger.packet("1"))).toEqual([]);
    expect(other.texts(writer.packet("2"))).toEqual([]);
    expect(reader.texts(writer.packet("3"))).toEqual(["3"]);
    expect(other.exchange.statistics().proven).toBe(0);
  });

  test("nothing in the name of another member when both sign", async () => {
    const [alice, mary] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
    const verify = { alice: alice.publicKey, mary: mary.publicKey };
    const reader = lab.end({ verify });
    const writer = lab.end({ verify, sign: alice.privateKey });
    const liar = lab.end({ verify, sign: mary.privateKey });
    liar.packet();
    Object.defineProperty(liar.seal, "position", { value: () => ({ ...writer.seal.position()!, counter: 0 }) });
    const recording = writer.packet("old");
    lab.hub.isLost = (index) => index > 0; // the challenge passes, and what the liar answers
    reader.open(recording);
    await lab.pass(5);
    const answers = lab.packets.slice(1);
    expect(answers).toHaveLength(2); // of both
    lab.hub.isLost = () => false;
    const signedBy = (end: SealedEnd) => answers.find((packet) => packet.includes(end.packet().subarray(31, 39)))!;
    lab.inject(signedBy(liar));
    await lab.pass(5);
    expect([reader.texts(recording), reader.exchange.statistics().proven]).toEqual([[], 0]);
    lab.inject(signedBy(writer));
    await lab.pass(5);
    expect([reader.texts(recording), reader.texts(writer.packet("new"))]).toEqual([[], ["new"]]);
    expect(reader.open(writer.packet())!.seal.signer).toBe("alice");
  });
});

test("an answer with the mark of a member that did not sign it proves nothing", async () => {
  const [alice, mary] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
  const reader = lab.end({ verify: { alice: alice.publicKey } });
  const writer = new SealedEnd({ now: noClock, sign: alice.privateKey });
  const recording = writer.packets("0", "1");
  reader.open(recording[0]!);
  await lab.pass(5);
  const member = new SealedEnd({ now: () => 0, maxAgeMs: Number.MAX_SAFE_INTEGER }, CHALLENGES);
  const [{ salt, nonce }] = decodeChallenge(member.open(lab.packets[0]!)!.payload)!.questions as [{ salt: string; nonce: string }];
  const message = encodeAnswer({ salt, counter: 1, timeMs: 0, nonces: [nonce] });
  const facts = { key: KEYS[1], channel: CHALLENGES, salt: Buffer.alloc(16, 7), timeMs: 0, message };
  lab.inject(sealByHand({ ...facts, signed: { as: alice.publicKey, by: mary.privateKey } }));
  lab.inject(sealByHand(facts));
  await lab.pass(5);
  expect(reader.exchange.statistics()).toMatchObject({ proven: 0, refused: 1 });
  lab.inject(sealByHand({ ...facts, counter: 1, signed: { as: alice.publicKey, by: alice.privateKey } }));
  await lab.pass(5);
  expect([reader.exchange.statistics().proven, reader.texts(...recording)]).toEqual([1, ["1"]]);
});

describe("rotation", () => {
  const both = { 1: KEYS[1], 2: KEYS[2] };
  const STEPS = [
    { keys: both, current: 1 },
    { keys: both, current: 2 },
    { keys: { 2: KEYS[2] }, current: 2 },
  ];

  test("in three steps loses nothing of a sender that has proved something, and asks it no more", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    await lab.prove(reader, writer);
    for (const step of STEPS) {
      const late = writer.packet("late"); // of the key before
      for (const end of [writer, reader]) {
        end.seal.rotate(step);
        expect(reader.texts(writer.packet("1"), writer.packet("2"))).toEqual(["1", "2"]);
      }
      if (step.keys !== STEPS[2]!.keys) expect(reader.texts(late)).toEqual(["late"]);
      await lab.pass();
    }
    expect(reader.exchange.statistics()).toMatchObject({ asked: 1, proven: 1, refused: 0 });
  });

  test("takes the keys of the challenges along", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    for (const end of [reader, writer]) for (const step of STEPS) end.seal.rotate(step);
    await lab.prove(reader, writer);
    expect(reader.texts(writer.packet("1"))).toEqual(["1"]);
    expect(lab.packets.map((packet) => packet[2])).toEqual([2, 2]);
  });

  test("that is refused changes nothing, for challenges neither", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    expect(() => reader.seal.rotate({ keys: { 1: KEYS[3] }, current: 1 })).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_RANGE" }));
    await lab.prove(reader, writer);
    expect(reader.texts(writer.packet("1"))).toEqual(["1"]);
  });

  test("away and back makes no recording acceptable that was accepted before", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    await lab.prove(reader, writer);
    const recording = writer.packets("1", "2");
    expect(reader.texts(...recording)).toHaveLength(2);
    reader.seal.rotate({ keys: { 2: KEYS[2] }, current: 2 });
    reader.seal.rotate({ keys: { 1: KEYS[1] }, current: 1 });
    expect(reader.texts(...recording, writer.packet("3"), ...recording)).toEqual(["3"]);
  });
});

describe("forgetting", () => {
  test("a sender whose window made room stays proven from its next packet on, and none of its packets is accepted twice", async () => {
    const [reader, writer] = [lab.end({ now: clock() }), lab.end()];
    await lab.prove(reader, writer);
    const recording = writer.packets("1", "2", "3");
    expect(reader.texts(...recording)).toHaveLength(3);
    for (let i = 0; i < MAX_SENDERS; i++) reader.open(new SealedEnd({ now: clock() }).packet());
    expect([reader.counters.evicted, reader.texts(...recording)]).toEqual([1, []]);
    expect(reader.texts(writer.packet("4"), ...recording)).toEqual(["4"]);
    expect(reader.exchange.statistics()).toMatchObject({ asked: 1, proven: 1 });
  });

  test("what was accepted by its time while the sender is asked is not accepted again after the answer", async () => {
    let off = -AGE_MS - 5;
    const [reader, writer] = [lab.end({ now: clock() }), lab.end({ now: () => clock(off)() })];
    lab.hub.isLost = (index) => index > 0; // the answer
    await lab.prove(reader, writer);
    const answer = lab.packets[1]!;
    off = -AGE_MS + 50;
    const recording = writer.packets("1", "2");
    expect(reader.texts(...recording)).toEqual(["1", "2"]);
    for (let i = 0; i < MAX_SENDERS; i++) reader.open(new SealedEnd({ now: clock() }).packet());
    lab.hub.isLost = () => false;
    lab.inject(answer);
    await lab.pass(5);
    expect([reader.exchange.statistics().proven, reader.texts(...recording)]).toEqual([1, []]);
  });

  test("1024 senders stay proven; the one that was silent for longest is asked again", async () => {
    const statistics = zeroChallengeStatistics();
    const asked: string[] = [];
    const challenger: Challenger = new Challenger({
      clock: lab.clock,
      maxAgeMs: AGE_MS,
      statistics,
      send: (contents) => {
        for (const { salt, nonce } of decodeChallenge(contents)!.questions!) {
          asked.push(salt);
          lab.clock.schedule(1, () => challenger.answered({ salt, counter: 0, timeMs: lab.clock.nowMs(), nonces: [nonce] }, ""));
        }
      },
    });
    const senders = Array.from({ length: MAX_SENDERS + 1 }, (_, index) => `\u0001${String(index).padStart(16)}`);
    const fresh = (sender: string) => challenger.isProven(sender, { counter: 1, timeMs: lab.clock.nowMs() });
    for (const sender of senders.slice(0, -1)) expect(fresh(sender)).toBe(false);
    await lab.pass(5000);
    expect(senders.slice(0, -1).every(fresh)).toBe(true);
    expect(statistics).toMatchObject({ asked: MAX_SENDERS, proven: MAX_SENDERS, evicted: 0 });
    expect([fresh(senders[0]!), fresh(senders.at(-1)!)]).toEqual([true, false]);
    await lab.pass(200);
    expect([fresh(senders.at(-1)!), statistics.evicted, fresh(senders[0]!), fresh(senders[1]!)]).toEqual([true, 1, true, false]);
    await lab.pass(200);
    expect([asked.at(-1), asked.length]).toEqual([senders[1]!.slice(1), MAX_SENDERS + 2]);
  });

  test("1024 senders are asked at a time; the one that was asked first makes room, and is counted", async () => {
    const reader = lab.end();
    const first = lab.end();
    reader.open(first.packet());
    for (let i = 0; i < MAX_SENDERS; i++) reader.open(new SealedEnd({ now: noClock }).packet());
    expect(reader.exchange.statistics()).toMatchObject({ asked: MAX_SENDERS + 1, evicted: 1 });
    reader.open(first.packet()); // asked again, in the place of the second
    expect(reader.exchange.statistics()).toMatchObject({ asked: MAX_SENDERS + 2, evicted: 2 });
  });
});

describe("asking", () => {
  test("goes on at growing intervals when challenges and answers are lost, and ends after six", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    lab.hub.isLost = () => true;
    const times: number[] = [];
    reader.open(writer.packet());
    for (let ms = 0; ms < 20_000; ms += 50) {
      const before = lab.packets.length;
      await lab.pass(50);
      if (lab.packets.length > before) times.push(ms);
    }
    expect(times).toEqual([0, 200, 700, 1700, 3700, 7700]); // within the 50 ms after
    expect(reader.exchange.statistics()).toMatchObject({ asked: 1, unanswered: 1, sent: 6 });
  });

  test("succeeds when the first four packets are lost", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    lab.hub.isLost = (index) => index < 4;
    reader.open(writer.packet());
    await lab.pass(10_000);
    expect(reader.texts(writer.packet("1"))).toEqual(["1"]);
    expect(reader.exchange.statistics()).toMatchObject({ proven: 1, unanswered: 0 });
  });

  test("begins again a minute after a sender was given up, and not before", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    lab.hub.isLost = () => true;
    reader.open(writer.packet());
    await lab.pass(16_000);
    expect(reader.exchange.statistics().unanswered).toBe(1);
    lab.hub.isLost = () => false;
    reader.open(writer.packet());
    await lab.pass(59_000);
    expect(reader.exchange.statistics()).toMatchObject({ asked: 1, sent: 6 });
    reader.open(writer.packet());
    await lab.pass(2000);
    reader.open(writer.packet());
    await lab.pass();
    expect(reader.texts(writer.packet("1"))).toEqual(["1"]);
    expect(reader.exchange.statistics()).toMatchObject({ asked: 2, proven: 1 });
  });

  test("one question for each sender, 32 in a packet, a packet each 100 ms", async () => {
    const reader = lab.end();
    const writers = Array.from({ length: 100 }, () => new SealedEnd({ now: noClock }));
    for (const writer of writers) for (let i = 0; i < 3; i++) reader.open(writer.packet());
    const counts: number[] = [];
    for (let i = 0; i < 3; i++) {
      await lab.pass(i === 0 ? 5 : 100);
      counts.push(lab.packets.length);
    }
    expect(counts).toEqual([1, 2, 3]);
    expect(lab.packets.map(({ length }) => (length - 55 - 1) / 32)).toEqual([32, 32, 32]);
    expect(reader.exchange.statistics().asked).toBe(100);
  });

  test("chooses by chance among more than 32, so that every sender has its turn", async () => {
    const reader = lab.end();
    for (let i = 0; i < 200; i++) reader.open(new SealedEnd({ now: noClock }).packet());
    const writer = lab.end();
    reader.open(writer.packet());
    for (let i = 0; i < 60 && reader.exchange.statistics().proven === 0; i++) await lab.pass(100);
    expect(reader.texts(writer.packet("1"))).toEqual(["1"]);
  });

  test("asks nobody for a forged packet, nor for one that no member signed", async () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    const [reader, strict, writer] = [lab.end(), lab.end({ verify: { alice: publicKey } }), lab.end()];
    const packet = writer.packet();
    packet[20]! ^= 1; // the counter
    reader.open(packet);
    strict.open(writer.packet());
    await lab.pass(1000);
    expect(lab.packets).toEqual([]);
  });

  test("ends when the channel is used no more, and begins with the next use", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    lab.hub.isLost = () => true;
    await lab.prove(reader, writer);
    const count = lab.packets.length;
    reader.exchange.leave();
    await lab.pass(20_000);
    expect([lab.packets.length, reader.transport.openSenders, reader.transport.received]).toEqual([count, 0, []]);
    expect(lab.clock.pendingCalls).toBe(0);
    lab.hub.isLost = () => false;
    reader.exchange.join();
    await lab.prove(reader, writer);
    expect(reader.texts(writer.packet("1"))).toEqual(["1"]);
  });
});

describe("answering", () => {
  test("takes one packet each 100 ms, with at most 64 nonces; others make room and are counted", async () => {
    const statistics = zeroChallengeStatistics();
    const sent: (readonly string[])[] = [];
    const salt = "s".repeat(16);
    const position = () => ({ salt, counter: 7, timeMs: 8 });
    const send = (contents: Buffer) => void sent.push(decodeChallenge(contents)!.answer!.nonces);
    const answerer = new Answerer({ clock: lab.clock, statistics, position, send });
    const nonces = Array.from({ length: 100 }, (_, index) => String(index).padStart(16));
    for (const nonce of nonces)
      answerer.asked([
        { salt, nonce },
        { salt, nonce: nonces[99]! },
        { salt: "t".repeat(16), nonce: nonce.replace(" ", "t") },
      ]);
    await lab.pass(1);
    expect(sent.map(({ length }) => length)).toEqual([64]);
    expect([new Set(sent[0]).size, sent[0]!.some((nonce) => nonce.includes("t"))]).toEqual([64, false]);
    expect(statistics).toMatchObject({ answered: 64 });
    expect(statistics.crowdedOut).toBeGreaterThanOrEqual(36);
    answerer.asked([{ salt, nonce: nonces[0]! }]);
    answerer.asked([{ salt, nonce: nonces[1]! }]);
    await lab.pass(90);
    expect(sent).toHaveLength(1);
    await lab.pass(20);
    expect(sent[1]).toEqual(nonces.slice(0, 2));
    answerer.asked([{ salt, nonce: nonces[2]! }]);
    answerer.stop();
    await lab.pass(200);
    expect(sent).toHaveLength(2);
  });

  test("of all challenges at one time, when they come in one flood, gives each a chance", async () => {
    const statistics = zeroChallengeStatistics();
    const salt = "s".repeat(16);
    const answered = new Set<string>();
    const send = (contents: Buffer) => {
      for (const nonce of decodeChallenge(contents)!.answer!.nonces) answered.add(nonce);
    };
    const answerer = new Answerer({ clock: lab.clock, statistics, position: () => ({ salt, counter: 0, timeMs: 0 }), send });
    const nonces = Array.from({ length: 200 }, (_, index) => String(index).padStart(16));
    for (let round = 0; round < 200 && answered.size < nonces.length; round++) {
      for (const nonce of nonces) answerer.asked([{ salt, nonce }]);
      await lab.pass(100);
    }
    expect(answered.size).toBe(nonces.length);
  });

  test("only those who ask this sender, and only once it has sealed something", async () => {
    const [reader, writer, idle] = [lab.end(), lab.end(), lab.end()];
    await lab.prove(reader, writer);
    expect([writer, idle].map((end) => end.exchange.statistics().answered)).toEqual([1, 0]);
  });

  test("not at all when every counter is used up: the next packet has another salt", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    Object.defineProperty(writer.seal, "position", { value: () => undefined });
    await lab.prove(reader, writer);
    expect([writer.exchange.statistics().answered, lab.packets.length]).toEqual([0, 1]);
  });
});

describe("a transport that fails", () => {
  test("is reported once, counted each time, and tried again", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    const openSender = reader.transport.openSender.bind(reader.transport);
    reader.transport.openSender = () => {
      throw new Error("no port is free");
    };
    reader.open(writer.packet());
    await lab.pass(500);
    expect([lab.errors.length, reader.exchange.statistics().dropped]).toEqual([1, 2]);
    reader.transport.openSender = openSender;
    await lab.pass(1000);
    expect(reader.texts(writer.packet("1"))).toEqual(["1"]);
  });

  test("that takes no packet is counted as dropped", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    reader.transport.openSender = () => ({ send: () => false, close: () => {} }) as ChannelSender;
    reader.open(writer.packet());
    await lab.pass(100);
    expect(reader.exchange.statistics()).toMatchObject({ sent: 0, dropped: 1 });
  });

  test("lets join() throw, and the next one try again", () => {
    const end = lab.end();
    end.exchange.leave();
    const { startReceiving } = end.transport;
    end.transport.startReceiving = () => {
      throw new Error("no group");
    };
    expect(() => end.exchange.join()).toThrow("no group");
    end.transport.startReceiving = startReceiving;
    end.exchange.join();
    expect(end.transport.received).toEqual([CHALLENGES]);
  });

  test("reports what closing throws, and rejects nothing", async () => {
    const [reader, writer] = [lab.end(), lab.end()];
    await lab.prove(reader, writer);
    const failing = lab.end();
    failing.transport.openSender = () => ({ send: () => true, close: () => Promise.reject(new Error("late")) });
    failing.transport.stopReceiving = () => {
      throw new Error("at once");
    };
    await lab.prove(failing, writer);
    failing.exchange.leave();
    await failing.seal.closed;
    expect(lab.errors.map(String)).toEqual(["Error: at once", "Error: late"]);
  });
});
