import { describe, expect, test } from "vitest";
import { KEYS, SealedEnd, TestTime } from "../../support/channels/sealed-pair.js";

const AGE_MS = 1000;
const MAX_SENDERS = 1024;

function ends(maxAgeMs = AGE_MS): { time: TestTime; reader: SealedEnd; writer: () => SealedEnd } {
  const time = new TestTime();
  const end = () => new SealedEnd({ maxAgeMs, now: time.now });
  return { time, reader: end(), writer: end };
}

describe("maxAgeMs", () => {
  test("refuses a packet that is older, and counts it as stale", () => {
    const { time, reader, writer } = ends();
    const [first, second, third] = writer().packets("1", "2", "3");
    time.ms += AGE_MS;
    expect(reader.texts(first!)).toEqual(["1"]);
    time.ms += 1;
    expect(reader.texts(second!, third!)).toEqual([]);
    expect(reader.seal.statistics()).toMatchObject({ opened: 1, stale: 2, early: 0 });
    expect(reader.counters).toMatchObject({ stale: 2, unopened: 0, replayed: 0 });
  });

  test("refuses a packet from further in the future, and counts it as early", () => {
    const { time, reader, writer } = ends();
    const ahead = writer();
    time.ms += AGE_MS + 1;
    const [packet, next] = ahead.packets("1", "2");
    time.ms -= AGE_MS + 1;
    expect(reader.texts(packet!)).toEqual([]);
    time.ms += 1;
    expect(reader.texts(next!)).toEqual(["2"]);
    expect(reader.seal.statistics()).toMatchObject({ early: 1, stale: 0 });
    expect(reader.counters.stale).toBe(1);
  });

  test("accepts any time with Number.MAX_SAFE_INTEGER", () => {
    const { time, reader, writer } = ends(Number.MAX_SAFE_INTEGER);
    const packets = writer().packets("1", "2");
    time.ms = 0;
    expect(reader.texts(packets[0]!)).toEqual(["1"]);
    time.ms = 8.64e15;
    expect(reader.texts(packets[1]!)).toEqual(["2"]);
  });

  test("a receiver that starts later refuses the recording of an hour, and hears what is new", () => {
    const { time, writer } = ends();
    const sender = writer();
    const recording = Array.from({ length: 100 }, () => sender.packet("old"));
    time.ms += 3_600_000;
    const restarted = writer();
    expect(restarted.texts(...recording, sender.packet("new"))).toEqual(["new"]);
    expect(restarted.seal.statistics().stale).toBe(100);
  });

  test("survives clocks that jump: what is refused meanwhile is counted, and all is well when they agree again", () => {
    const { time, reader, writer } = ends();
    const sender = writer();
    time.ms -= 10_000;
    const behind = sender.packet("behind");
    time.ms += 20_000;
    const ahead = sender.packet("ahead");
    time.ms -= 10_000;
    expect(reader.texts(behind, ahead, sender.packet("right"))).toEqual(["right"]);
    expect(reader.seal.statistics()).toMatchObject({ stale: 1, early: 1, opened: 1 });
  });

  test.each([
    [-5, 0],
    [Number.NaN, 0],
    [1.75, 1],
    [Number.POSITIVE_INFINITY, 2 ** 48 - 1],
  ])("a sender whose clock shows %d writes %d", (shown, written) => {
    expect(new SealedEnd({ now: () => shown }).packet().readUIntBE(25, 6)).toBe(written);
  });

  test("refuses everything while a clock of the user's returns no number", () => {
    const sender = new SealedEnd();
    const reader = new SealedEnd({ now: () => Number.NaN });
    expect(reader.texts(sender.packet())).toEqual([]);
    expect(reader.counters.stale).toBe(1);
  });
});

describe("senders that had to be forgotten", () => {
  test("replay nothing: 1025 recorded senders in turn, each accepted once", () => {
    const { time, reader, writer } = ends();
    const recording: Buffer[] = [];
    for (let i = 0; i <= MAX_SENDERS; i++) {
      recording.push(writer().packet());
      time.ms += i % 8 === 7 ? 1 : 0; // all are fresh all the while
    }
    const rounds = Array.from({ length: 5 }, () => reader.texts(...recording).length);
    expect(rounds).toEqual([MAX_SENDERS + 1, 0, 0, 0, 0]);
    const { replayed, stale, opened } = reader.seal.statistics();
    expect([opened, replayed + stale]).toEqual([MAX_SENDERS + 1, 4 * (MAX_SENDERS + 1)]);
    expect([reader.seal.senders, reader.counters.evicted]).toEqual([MAX_SENDERS, 1]);
  });

  test("leave the latest time of all behind, in whatever order they came and went", () => {
    const { time, reader, writer } = ends();
    const [slow, quick] = [writer(), writer()];
    const early = slow.packet("1");
    time.ms += 100;
    const recording = [quick.packet("2"), slow.packet("3")];
    expect(reader.texts(recording[0]!, early, recording[1]!)).toHaveLength(3);
    time.ms -= 50; // its clock is behind
    const behind = writer().packet("4");
    expect(reader.texts(behind)).toHaveLength(1);
    for (const keys of [{ 2: KEYS[2] }, { 1: KEYS[1] }]) reader.seal.rotate({ keys, current: Number(Object.keys(keys)[0]) });
    expect(reader.texts(...recording, early, behind)).toEqual([]);
    expect(reader.seal.statistics().stale).toBe(4);
  });

  test("leave the time of their newest packet behind, not that of their first", () => {
    const { time, reader, writer } = ends();
    const sender = writer();
    const first = sender.packet("1");
    time.ms += 100;
    const second = sender.packet("2");
    expect(reader.texts(first, second)).toHaveLength(2);
    for (const keys of [{ 2: KEYS[2] }, { 1: KEYS[1] }]) reader.seal.rotate({ keys, current: Number(Object.keys(keys)[0]) });
    expect(reader.texts(second, first)).toEqual([]);
  });

  test("replay nothing once they have come back, though their window has begun again", () => {
    const { time, reader, writer } = ends();
    const first = writer();
    const recording = first.packets("1", "2", "3");
    expect(reader.texts(...recording)).toHaveLength(3);
    for (let i = 0; i < MAX_SENDERS; i++) reader.texts(writer().packet());
    time.ms += 1;
    expect(reader.texts(first.packet("4"), ...recording)).toEqual(["4"]);
    expect(reader.seal.statistics()).toMatchObject({ stale: 3, replayed: 0 });
  });

  test("come back with their next packet", () => {
    const { time, reader, writer } = ends();
    const first = writer();
    expect(reader.texts(first.packet("1"))).toEqual(["1"]);
    for (let i = 0; i < MAX_SENDERS; i++) expect(reader.texts(writer().packet())).toHaveLength(1);
    const late = first.packet("2"); // no later than the packet that was forgotten
    time.ms += 1;
    expect(reader.texts(late, first.packet("3"))).toEqual(["3"]);
    expect(reader.seal.statistics().stale).toBe(1);
  });
});
