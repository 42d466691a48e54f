import { ManualClock } from "@groupcast/backend-memory";
import type { ChannelSource } from "@groupcast/channels";
import { expect, test } from "vitest";
import { zeroSenderCounters } from "../../../packages/channels/src/reliable/reliable-statistics.js";
import {
  decodeNote,
  NO_STREAM,
  NO_TOKEN,
  type QuestionNote,
  type StatusNote,
} from "../../../packages/channels/src/reliable/repair-notes.js";
import { Repairer } from "../../../packages/channels/src/reliable/repairer.js";
import { SentMemory, SentPackets } from "../../../packages/channels/src/reliable/sent-packets.js";

const STREAM = "00112233445566778899aabbccddeeff";
const MIB = 1024 * 1024;
const BOB = source("192.0.2.2", 40_000);
const CAROL = source("192.0.2.3", 40_000);
const DAVE = source("192.0.2.4", 40_000);

const NO_HISTORY = { subscribedMs: 0, historyMessages: 0, historyBytes: 0 };

function source(address: string, port: number): ChannelSource {
  return { id: `${address}:${port}`, address, port };
}

interface Repeat {
  readonly number: number;
  readonly to: string;
}

/** A publisher that has sent some packets, and what it sends again. */
function publisher({ packets = 10, bytes = 200, keeps = 100_000, bytesPerSecond = 16 * MIB } = {}) {
  const clock = new ManualClock();
  const counters = zeroSenderCounters();
  const repeats: Repeat[] = [];
  const notes: { readonly note: NonNullable<ReturnType<typeof decodeNote>>; readonly to: string }[] = [];
  const network = { takes: true };
  const sent = new SentPackets({ packets: keeps, bytes: 1e9 }, new SentMemory(1e9));
  const sender = {
    nextSequence: () => 0,
    send: () => true,
    close: () => {},
    repeat: (_payload: Uint8Array, number: number, to?: ChannelSource) => {
      if (network.takes) repeats.push({ number, to: to?.id ?? "all" });
      return network.takes;
    },
    note: (note: Uint8Array, to?: ChannelSource) => notes.push({ note: decodeNote(Buffer.from(note))!, to: to?.id ?? "all" }) > 0,
  };
  const wrap = (note: Buffer): Buffer => note;
  const repairer = new Repairer({ clock, sender, sent, stream: STREAM, wrap, counters, bytesPerSecond, report: () => {} });
  const send = (count: number): void => {
    for (let i = 0; i < count; i++) {
      sent.add(sent.next, sent.next, true, Buffer.alloc(bytes));
      repairer.packetSent();
    }
  };
  const ask = (from: ChannelSource, ranges: readonly (readonly [number, number])[], other: Partial<QuestionNote> = {}): void => {
    const question = { kind: "question", stream: STREAM, token: NO_TOKEN, nonce: 7, ...NO_HISTORY } as const;
    repairer.answer({ ...question, ranges: ranges.map(([first, last]) => ({ first, last })), ...other }, from);
  };
  const introduce = (from: ChannelSource): string => {
    ask(from, []);
    return (notes.at(-1)!.note as StatusNote).token;
  };
  send(packets);
  return { clock, counters, repeats, notes, network, repairer, send, ask, introduce, sent };
}

test("an asker without its token gets a status, and nothing is sent again", () => {
  const { ask, repeats, notes, introduce, counters } = publisher();
  ask(BOB, [[0, 9]]);
  ask(BOB, [[0, 9]], { token: introduce(CAROL) });
  expect([repeats, notes.map(({ note, to }) => [note.kind, to])]).toEqual([[], [BOB, CAROL, BOB].map(({ id }) => ["status", id])]);
  expect(counters).toMatchObject({ questions: 3, introductions: 3, repaired: 0 });
  expect(notes.map(({ note }) => (note as StatusNote).nonce)).toEqual([7, 7, 7]);
  const port = source("192.0.2.2", 40_001);
  ask(port, [[0, 9]], { token: introduce(BOB) });
  expect(repeats).toEqual([]);
});

test("tokens of two publishers differ, and that of none is no token", () => {
  const [one, other] = [publisher().introduce(BOB), publisher().introduce(BOB)];
  expect(one).not.toBe(other);
  expect(one).not.toBe(NO_TOKEN);
});

test("one asker gets packets by unicast, the second one within 25 ms makes it all, and no further one counts", async () => {
  const { clock, ask, introduce, repeats, counters } = publisher();
  const [bob, carol, dave] = [introduce(BOB), introduce(CAROL), introduce(DAVE)];
  ask(BOB, [[3, 4]], { token: bob });
  ask(BOB, [[3, 4]], { token: bob });
  ask(CAROL, [[4, 4]], { token: carol });
  ask(DAVE, [[4, 4]], { token: dave });
  ask(BOB, [[4, 4]], { token: bob });
  expect(repeats).toEqual([
    { number: 3, to: BOB.id },
    { number: 4, to: BOB.id },
    { number: 4, to: "all" },
  ]);
  expect(counters).toMatchObject({ repaired: 2, repairedForAll: 1, cooling: 4, repairedBytes: 600 });
  await clock.advance(24);
  ask(BOB, [[3, 3]], { token: bob });
  expect(repeats).toHaveLength(3);
  await clock.advance(1);
  ask(CAROL, [[3, 4]], { token: carol });
  expect(repeats.slice(3)).toEqual([
    { number: 3, to: CAROL.id },
    { number: 4, to: CAROL.id },
  ]);
});

test("what is kept no more is told as gone, what was never sent is not", () => {
  const { ask, introduce, notes, repeats, counters } = publisher({ packets: 20, keeps: 5 });
  const token = introduce(BOB);
  ask(
    BOB,
    [
      [10, 15],
      [18, 30],
      [500, 600],
    ],
    { token },
  );
  expect(notes.at(-1)).toEqual({ note: { kind: "gone", stream: STREAM, ranges: [{ first: 10, last: 14 }] }, to: BOB.id });
  expect(repeats.map(({ number }) => number)).toEqual([15, 18, 19]);
  expect(counters.gone).toBe(1);
});

test("a question about another stream gets the status of this one", () => {
  const { ask, introduce, notes, repeats } = publisher();
  const token = introduce(BOB);
  ask(BOB, [[0, 5]], { token, stream: NO_STREAM });
  expect([repeats, notes.at(-1)]).toMatchObject([[], { note: { kind: "status", stream: STREAM, next: 10 } }]);
});

test("an asker that was there before the publisher begins with the first packet, another with the next or with its history", async () => {
  const { clock, ask, notes } = publisher();
  await clock.advance(100);
  const begins: number[] = [];
  for (const other of [{ subscribedMs: 50 }, { subscribedMs: 49 }, { subscribedMs: 49, historyMessages: 3, historyBytes: MIB }]) {
    ask(BOB, [], other);
    begins.push((notes.at(-1)!.note as StatusNote).from);
  }
  expect(begins).toEqual([0, 10, 7]);
});

test("packets are sent again at no more than the rate, and the rest waits for its turn", async () => {
  const { clock, ask, introduce, repeats } = publisher({ packets: 4000, bytes: 1000, bytesPerSecond: 4 * MIB });
  const token = introduce(BOB);
  ask(BOB, [[0, 399]], { token });
  expect(repeats.length).toBe(Math.ceil((64 * 1024) / 1256));
  await clock.advance(50);
  expect(repeats.length).toBeLessThan((64 * 1024 + 0.055 * 4 * MIB) / 1256);
  await clock.advance(250);
  expect(repeats.map(({ number }) => number)).toEqual(Array.from({ length: 400 }, (_, index) => index));
});

test("an asker that has spent its share gets no more for the moment, and another still does", async () => {
  const { clock, ask, introduce, repeats, counters } = publisher({ packets: 4000, bytes: 1000, bytesPerSecond: MIB });
  const [bob, carol] = [introduce(BOB), introduce(CAROL)];
  ask(BOB, [[0, 999]], { token: bob });
  const share = Math.ceil(MIB / 2 / 4 / 1256);
  expect(counters.limited).toBe(1000 - share);
  ask(CAROL, [[2000, 2009]], { token: carol });
  await clock.advance(1000);
  expect(repeats.filter(({ to }) => to === BOB.id)).toHaveLength(share);
  expect(repeats.filter(({ to }) => to === CAROL.id)).toHaveLength(10);
});

test("one question has no more than 4096 numbers looked up, and 1000 a second are answered", async () => {
  const { clock, ask, introduce, repeats, counters } = publisher({ packets: 10_000, bytes: 0 });
  const token = introduce(BOB);
  ask(BOB, [[0, 9999]], { token });
  await clock.advance(1000);
  expect(repeats).toHaveLength(4096);
  const before = counters.limited;
  for (let i = 0; i < 1000; i++) ask(BOB, [[0, 0]], { token });
  expect(counters.limited - before).toBe(1000 - Math.ceil(250 / (1 + 1 / 128)));
});

test("a question counts as one more for each 128 numbers of it, up to 4096, so that few questions keep nobody busy", () => {
  const { ask, introduce, counters } = publisher({ packets: 10_000, bytes: 0 });
  const token = introduce(BOB);
  for (let i = 0; i < 100; i++) ask(BOB, [[0, 999_999]], { token });
  const answered = Math.ceil(250 / (1 + 4096 / 128));
  expect([counters.cooling, counters.limited]).toEqual([(answered - 1) * 4096, 100 - answered]);
});

test("what was kept when an asker came is history to it, and not lost: it is not let go for it", async () => {
  const { clock, ask, introduce, counters } = publisher({ packets: 30_000, bytes: 0, bytesPerSecond: 1e9 });
  const token = introduce(BOB);
  for (let first = 0; first < 30_000; first += 1000) {
    ask(BOB, [[first, first + 999]], { token });
    await clock.advance(30);
  }
  expect(counters).toMatchObject({ repaired: 30_000, letGo: 0 });
});

test("questions of all who have shown their tokens are limited, however many addresses they have", () => {
  const { ask, introduce, counters } = publisher({ packets: 10_000, bytes: 0 });
  for (let i = 0; i < 100; i++) {
    const somebody = source("192.0.2.66", i + 1);
    const token = introduce(somebody);
    for (let j = 0; j < 7; j++) ask(somebody, [[0, 4095]], { token });
  }
  expect(counters.limited).toBe(700 - Math.ceil(8192 / 4 / (1 + 4096 / 128)));
});

test("introductions are limited, whoever asks", async () => {
  const { clock, ask, counters, notes } = publisher();
  for (let i = 0; i < 2000; i++) ask(source("192.0.2.66", i + 1), [[0, 9]]);
  expect([counters.introductions, counters.limited, notes.length]).toEqual([250, 1750, 250]);
  await clock.advance(100);
  ask(BOB, []);
  expect(notes.at(-1)!.to).toBe(BOB.id);
});

test("a receiver that loses everything is let go for ten seconds, told so, and served again after that", async () => {
  const { clock, ask, introduce, send, counters, notes, repeats } = publisher({ packets: 0, bytes: 0, bytesPerSecond: 1024 * MIB });
  const token = introduce(BOB);
  for (let first = 0; counters.letGo === 0 && first < 100_000; first += 1000) {
    send(1000);
    ask(BOB, [[first, first + 999]], { token });
    await clock.advance(50);
  }
  expect(counters.letGo).toBe(1);
  expect(repeats.length).toBeGreaterThanOrEqual(16_384);
  expect(repeats.length).toBeLessThan(34_000);
  const before = repeats.length;
  ask(BOB, [[0, 5]], { token });
  expect(notes.at(-1)).toMatchObject({ note: { kind: "gone", ranges: [{ first: 0, last: 5 }] }, to: BOB.id });
  expect(counters.refused).toBe(1);
  const carol = introduce(CAROL);
  ask(CAROL, [[0, 5]], { token: carol });
  await clock.advance(10_000);
  ask(BOB, [[0, 5]], { token });
  await clock.advance(50);
  expect(repeats.slice(before).map(({ to }) => to)).toEqual([...Array(6).fill(CAROL.id), ...Array(6).fill(BOB.id)]);
});

test("a receiver that loses a fifth is never let go", async () => {
  const { clock, ask, introduce, send, counters } = publisher({ packets: 0, bytes: 0 });
  const token = introduce(BOB);
  for (let first = 0; first < 300_000; first += 1000) {
    send(1000);
    ask(BOB, [[first, first + 249]], { token });
    await clock.advance(50);
  }
  expect([counters.letGo, counters.repaired]).toEqual([0, 75_000]);
});

test("what the transport does not take again is counted as dropped", () => {
  const { ask, introduce, network, counters } = publisher();
  const token = introduce(BOB);
  network.takes = false;
  ask(BOB, [[0, 2]], { token });
  expect(counters).toMatchObject({ dropped: 3, repaired: 0 });
});

test("close() sends nothing again that waits", async () => {
  const { clock, ask, introduce, repeats, repairer } = publisher({ packets: 4000, bytes: 1000 });
  const token = introduce(BOB);
  ask(BOB, [[0, 399]], { token });
  const before = repeats.length;
  repairer.close();
  await clock.advance(1000);
  expect(repeats.length).toBe(before);
});
