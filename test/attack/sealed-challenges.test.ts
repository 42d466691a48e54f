// Attackers on a sealed channel whose hosts have no clock: with recordings of messages, of challenges and of answers, with floods, and with a
// member's key.
import { randomBytes } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { ChallengeLab } from "../support/channels/challenge-lab.js";
import { SealedEnd } from "../support/channels/sealed-pair.js";

const FLOOD = 20_000;
const noClock = (): number => Number.NaN;

let lab: ChallengeLab;

beforeEach(() => {
  lab = new ChallengeLab();
});

test("strangers make nobody ask and nobody answer: invented packets on either channel are refused and counted", async () => {
  const [reader, writer] = [lab.end(), lab.end()];
  writer.packet();
  for (let i = 0; i < 2000; i++) {
    reader.open(Buffer.concat([Buffer.of(2, i % 2, 1), randomBytes(100)]));
    writer.exchange.packetReceived({ channel: "", source: { id: "x" }, sequence: i, payload: randomBytes(i % 200), isRelayed: false });
  }
  await lab.pass(20_000);
  expect(lab.packets).toEqual([]);
  expect(writer.exchange.statistics()).toMatchObject({ refused: 2000, answered: 0 });
  expect(reader.seal.statistics().forged).toBe(2000);
});

test("recordings of 2000 senders that are gone cost a receiver ten packets a second, and keep no living sender from being heard", async () => {
  const reader = lab.end();
  const recording = Array.from({ length: 2000 }, () => new SealedEnd({ now: noClock }).packet());
  const writer = lab.end();
  let heard = 0;
  for (let tenths = 0; tenths < 200; tenths++) {
    for (let i = 0; i < 50; i++) reader.open(recording[(tenths * 50 + i) % recording.length]!);
    if (reader.open(writer.packet()) !== undefined) heard++;
    await lab.pass(100);
  }
  expect(lab.packets.length).toBeLessThanOrEqual(2 * 201); // challenges, and the answers of one sender
  expect(lab.packets.every(({ length }) => length <= 55 + 1 + 32 * 32)).toBe(true);
  expect(heard).toBeGreaterThan(50);
});

test("a challenge that is replayed for ever is refused while its sender is remembered", async () => {
  const [reader, writer] = [lab.end(), lab.end()];
  await lab.prove(reader, writer);
  const [challenge] = lab.packets;
  for (let i = 0; i < FLOOD / 10; i++) lab.inject(challenge!);
  await lab.pass(1000);
  expect(writer.exchange.statistics()).toMatchObject({ answered: 1, sent: 1, refused: FLOOD / 10 });
});

test("challenges of 5000 recorded receivers make a sender answer ten times a second, and no new receiver waits for ever", async () => {
  const writer = lab.end();
  const salt = Buffer.from(writer.seal.sender, "hex");
  const recorded = Array.from({ length: 5000 }, () => {
    const asker = writer.seal.companion("c/__groupcast_challenges", { unopened: 0, replayed: 0, stale: 0, evicted: 0 }, false);
    return asker.seal(Buffer.concat([Buffer.of(1), salt, randomBytes(16)]));
  });
  const reader = lab.end();
  let isHeard = false;
  let seconds = 0;
  for (; seconds < 60 && !isHeard; seconds++) {
    isHeard = reader.open(writer.packet()) !== undefined;
    for (let tenth = 0; tenth < 10; tenth++) {
      for (let i = 0; i < 100; i++) lab.inject(recorded[(seconds * 1000 + tenth * 100 + i) % recorded.length]!);
      await lab.pass(100);
    }
  }
  expect(isHeard).toBe(true);
  expect(writer.exchange.statistics().sent).toBeLessThanOrEqual(seconds * 10 + 1);
  expect(writer.exchange.statistics().crowdedOut).toBeGreaterThan(0);
});

test("answers recorded, replayed, mixed up or changed prove nothing", async () => {
  const writer = lab.end();
  const old = writer.packets("1", "2", "3");
  await lab.prove(lab.end(), writer);
  const answer = lab.packets.at(-1)!;
  const reader = lab.end();
  lab.hub.isLost = () => true; // the reader's challenge does not arrive
  expect(reader.texts(...old)).toEqual([]);
  await lab.pass(5);
  lab.hub.isLost = () => false;
  for (let bit = 0; bit < answer.length * 8; bit += 7) {
    const changed = Buffer.from(answer);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    lab.inject(changed);
  }
  lab.inject(answer);
  await lab.pass(5);
  expect([reader.exchange.statistics().proven, reader.texts(...old, writer.packet("4"))]).toEqual([0, []]);
});

test("a recorded packet moved to the channel of the challenges, or back, is forged there", async () => {
  const [reader, writer] = [lab.end(), lab.end()];
  const message = writer.packet("\u0001".repeat(33));
  await lab.prove(reader, writer);
  const [challenge, answer] = lab.packets;
  lab.inject(message);
  expect([reader.open(challenge!), reader.open(answer!)]).toEqual([undefined, undefined]);
  await lab.pass(5);
  expect([reader.seal.statistics().forged, writer.exchange.statistics().refused]).toEqual([2, 1]);
});

test("each message of 20 senders is accepted once, whatever is replayed in between, by receivers without a clock that come and go", async () => {
  const writers = Array.from({ length: 20 }, () => lab.end());
  const tape: Buffer[] = [];
  for (let life = 0; life < 3; life++) {
    const reader = lab.end();
    const accepted = new Map<string, number>();
    const take = (packet: Buffer): void => {
      const key = packet.toString("latin1");
      if (reader.open(packet) !== undefined) accepted.set(key, (accepted.get(key) ?? 0) + 1);
    };
    const before = new Set(tape.map((packet) => packet.toString("latin1")));
    for (let round = 0; round < 10; round++) {
      const packets = writers.map((writer) => writer.packet(`${life} ${round}`));
      tape.push(...packets);
      for (const packet of [...packets, ...tape]) take(packet);
      await lab.pass(100);
    }
    expect([...accepted.values()].every((count) => count === 1)).toBe(true);
    expect([...accepted.keys()].filter((key) => before.has(key))).toEqual([]);
    expect(accepted.size).toBeGreaterThan(writers.length * 5);
    reader.exchange.leave();
  }
});
