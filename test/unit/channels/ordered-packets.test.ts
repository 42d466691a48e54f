import type { ReceivedPacket } from "@groupcast/channels";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { HeldMemory } from "../../../packages/channels/src/reliable/held-memory.js";
import { OrderedPackets } from "../../../packages/channels/src/reliable/ordered-packets.js";
import { zeroReceiverCounters } from "../../../packages/channels/src/reliable/reliable-statistics.js";

const SOURCE = Object.freeze({ id: "192.0.2.1:1", address: "192.0.2.1", port: 1 });
const WINDOW = 65_536;
const MIB = 1024 * 1024;

/** The order of one sender, and what it releases. */
function ordered({ maxBytes = 64 * MIB, bytes = 1, from = 0 } = {}) {
  const released: number[] = [];
  const losses: [count: number, reason: string][] = [];
  const counters = zeroReceiverCounters();
  const memory = new HeldMemory(maxBytes);
  const packets = new OrderedPackets({
    memory,
    counters,
    release: ({ sequence }) => void released.push(sequence!),
    lost: (count, reason) => void losses.push([count, reason]),
  });
  const take = (numbers: readonly number[], nowMs = 0): void => {
    for (const number of numbers) {
      const packet: ReceivedPacket = { channel: "c", source: SOURCE, sequence: number, payload: Buffer.alloc(bytes), isRelayed: false };
      packets.take(number >>> 0, packet, packet, nowMs);
    }
  };
  packets.begin(from >>> 0, from >>> 0, 0);
  return { packets, take, released, losses, counters, memory };
}

test("take() releases what is in order at once, and what follows a gap when the gap is filled", () => {
  const { take, released, counters, memory, packets } = ordered();
  take([0, 1, 4, 3]);
  expect([released, packets.isMissing]).toEqual([[0, 1], true]);
  expect(memory.bytes).toBe(2 * (512 + 1));
  take([2]);
  expect([released, packets.isMissing, memory.bytes]).toEqual([[0, 1, 2, 3, 4], false, 0]);
  expect(counters).toMatchObject({ missing: 2, recovered: 2, duplicates: 0 });
});

test("take() releases each number once, over the end of the numbers, too", () => {
  const { take, released, counters } = ordered({ from: -2 });
  take([-2, -1, -1, 1, 1, 0, 0, -2, 2]);
  expect(released).toEqual([-2, -1, 0, 1, 2]);
  expect(counters).toMatchObject({ duplicates: 4, recovered: 1 });
});

test("take() releases what is more than 65,536 ahead or behind as it is, and nothing is missing by it", () => {
  const { take, released, counters, packets } = ordered({ from: 1_000_000 });
  take([1_000_000, 1_000_000 + WINDOW + 2, 5, 1_000_001]);
  expect(released).toEqual([1_000_000, 1_000_000 + WINDOW + 2, 5, 1_000_001]);
  expect([packets.isMissing, counters.unordered, counters.missing]).toEqual([false, 2, 0]);
  take([1_000_002 + WINDOW]);
  expect([packets.isMissing, counters.missing]).toEqual([true, WINDOW]);
});

test("expire() gives up what has been missing for long, and releases up to the next gap; what comes after all is released late", () => {
  const { packets, take, released, losses, counters } = ordered();
  take([0, 3], 100);
  take([6], 200);
  packets.expire(99);
  expect(released).toEqual([0]);
  packets.expire(100);
  expect([released, losses]).toEqual([[0, 3], [[2, "deadline"]]]);
  take([2, 2], 300);
  expect([released, counters]).toMatchObject([[0, 3, 2], { givenUp: 2, unordered: 1, duplicates: 1 }]);
  packets.expire(200);
  expect([released, packets.isMissing]).toEqual([[0, 3, 2, 6], false]);
});

test("giveUp() gives up the missing ones among some numbers, in the middle, too", () => {
  const { packets, take, released, losses } = ordered();
  take([0, 9]);
  packets.giveUp([{ first: 4, last: 20 }], "gone");
  expect([released, losses]).toEqual([[0], [[5, "gone"]]]);
  take([1, 2, 3]);
  expect(released).toEqual([0, 1, 2, 3, 9]);
  packets.giveUp([{ first: 0, last: 1000 }], "gone");
  expect(losses).toHaveLength(1);
});

test("reach() notes what its sender says exists, and nothing of a status that is late by up to 1024", () => {
  const { packets, take, released, losses } = ordered();
  take([0]);
  packets.reach(3, 0);
  expect(packets.due(0)).toMatchObject([{ first: 1, last: 2 }]);
  take([1, 2, ...Array.from({ length: 1500 }, (_, index) => index + 3)]);
  packets.reach(1503 - 1024, 0);
  take([800]);
  expect([packets.isMissing, released.length, losses]).toEqual([false, 1503, []]);
});

test.each([
  ["far behind", 100],
  ["far ahead", 5003 + WINDOW],
])("reach() begins again at a number that is %s of what was heard", (_what, next) => {
  const { packets, take, released, losses } = ordered();
  take(Array.from({ length: 5000 }, (_, index) => index));
  take([5001]);
  packets.reach(next, 0);
  expect([released.at(-1), packets.isMissing, losses]).toEqual([5001, false, [[1, "restarted"]]]);
  take([next, next + 1]);
  expect(released.slice(-2)).toEqual([next, next + 1]);
});

test("due() returns each gap after 30 ms again, then ever later, up to 120 ms, 128 at a time", () => {
  const { packets, take } = ordered();
  take([0, 2, 4], 0);
  const times: number[] = [];
  for (let ms = 0; ms < 600; ms++) if (packets.due(ms).length > 0) times.push(ms);
  expect(times.slice(0, 5)).toEqual([0, 30, 68, 115, 174]);
  expect(times.at(-1)! - times.at(-2)!).toBe(120);
  const many = ordered();
  many.take(Array.from({ length: 300 }, (_, index) => 2 * index));
  expect([many.packets.due(0), many.packets.due(0), many.packets.due(0)].map(({ length }) => length)).toEqual([128, 128, 43]);
});

test("hold() gives up the oldest gap where there is no room; one sender has half of it", () => {
  const { take, released, losses, memory } = ordered({ maxBytes: 8 * (512 + 1000), bytes: 1000 });
  take([0, 2, 4, 5, 6]);
  expect(released).toEqual([0]);
  take([7]);
  expect([released, losses]).toEqual([[0, 2], [[1, "room"]]]);
  expect(memory.bytes).toBe(4 * (512 + 1000));
});

test("flush() gives up all that is missing and releases all that is held; close() neither releases nor holds", () => {
  const one = ordered();
  one.take([0, 2, 5]);
  one.packets.flush("unanswered");
  expect([one.released, one.losses, one.memory.bytes]).toEqual([
    [0, 2, 5],
    [
      [1, "unanswered"],
      [2, "unanswered"],
    ],
    0,
  ]);
  const other = ordered();
  other.take([0, 2, 5]);
  expect([other.packets.close(), other.memory.bytes]).toEqual([2, 0]);
  other.take([7, 9]);
  expect([other.released, other.memory.bytes]).toEqual([[0], 0]);
});

test("reach() keeps 16,384 gaps at most, and gives up the lowest for more, as statuses may be forged", () => {
  const { packets, losses, take, released } = ordered();
  for (let next = 1; next <= 20_000; next++) packets.reach(next, 0);
  expect(losses).toEqual(Array.from({ length: 20_000 - 16_384 }, () => [1, "room"]));
  packets.expire(0);
  expect([losses.length, packets.isMissing]).toEqual([20_000, false]);
  take([20_000]);
  expect(released).toEqual([20_000]);
});

test("reach() and take() give up what is more than 2,097,152 behind, also when what lies between is given up", () => {
  const { packets, losses, take, released } = ordered();
  for (let end = WINDOW; end <= 40 * WINDOW; end += WINDOW) {
    packets.reach(end, 0);
    packets.giveUp([{ first: 10, last: 0x7fff_ffff }], "gone"); // all but the first ten
  }
  expect(losses.filter(([, reason]) => reason === "room")).toEqual([[10, "room"]]);
  expect(packets.isMissing).toBe(false);
  take([40 * WINDOW]);
  expect(released).toEqual([40 * WINDOW]);
});

test("begin() waits for a history for as long as packets of it come, 60 s and a deadline at most", () => {
  const { packets, take, released, losses } = ordered();
  packets.begin(0, 100, 0);
  take([100], 0);
  take([102], 500);
  take([0], 900); // of the history
  packets.expire(899);
  expect([released, losses]).toEqual([[0], []]);
  packets.expire(900);
  expect([released, losses]).toEqual([
    [0, 100, 102],
    [
      [99, "deadline"],
      [1, "deadline"],
    ],
  ]);
  const slow = ordered();
  slow.packets.begin(0, 100, 0);
  slow.packets.reach(100, 0);
  for (let number = 0; number < 70; number++) {
    slow.take([number], 1000 * number);
    slow.packets.expire(1000 * number - 1000);
  }
  expect(slow.losses).toEqual([[100 - 62, "deadline"]]);
});

test("begin() asks for a history of more than 65,536 numbers, and releases each of them once", () => {
  const { packets, take, released, counters } = ordered();
  packets.begin(0, 90_000, 0);
  take([90_000]); // a later one, which came first
  packets.reach(90_001, 0);
  const numbers = Array.from({ length: 90_000 }, (_, index) => index);
  take(numbers.slice(0, 50_000));
  take([45_000]); // once more
  take(numbers.slice(50_000));
  expect(released).toEqual([...numbers, 90_000]);
  expect(counters).toMatchObject({ missing: 90_000, recovered: 90_000, duplicates: 1, unordered: 0, givenUp: 0 });
});

test("giving up many numbers takes no step for each of them, as one forged packet skips 65,000", () => {
  const { packets, take, released } = ordered();
  const lookUps = vi.spyOn(Map.prototype, "get");
  try {
    take([0, ...Array.from({ length: 10 }, (_, index) => 65_000 * (index + 1))]);
    packets.giveUp([{ first: 1, last: 200_000 }], "gone");
    packets.expire(0);
    expect(released).toHaveLength(11);
    expect(lookUps.mock.calls.length).toBeLessThan(200);
  } finally {
    lookUps.mockRestore();
  }
});

test("what was given up is forgotten before its numbers come round again", () => {
  const { packets, take, released, counters } = ordered();
  take([0]);
  packets.reach(3, 0); // 1 and 2
  packets.expire(0);
  for (let end = 3; end < 2 ** 32; end += WINDOW) {
    packets.reach(end % 2 ** 32, 0);
    packets.expire(0);
  }
  const start = (2 ** 32 - 5) >>> 0;
  packets.reach(start, 0);
  packets.expire(0);
  take([-5, -4, -3, -2, -1, 0, 1, 2, 3]);
  const { length } = released;
  take([1, 2, 3]); // once more
  expect([released.length - length, counters.duplicates]).toEqual([0, 3]);
});

test("whatever comes in whatever order, each number is released once, and in order but for those that were given up", () => {
  const step = fc.oneof(fc.record({ number: fc.nat(40) }), fc.record({ expire: fc.constant(true) }), fc.record({ gone: fc.nat(40) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: -20, max: 0 }), (steps, from) => {
      const { packets, take, released, memory, counters } = ordered({ from });
      for (const one of steps) {
        if ("number" in one) take([from + one.number]);
        else if ("gone" in one) packets.giveUp([{ first: (from + one.gone) >>> 0, last: (from + one.gone + 3) >>> 0 }], "gone");
        else packets.expire(0);
      }
      packets.flush("deadline");
      const wanted = new Set(steps.flatMap((one) => ("number" in one ? [from + one.number] : [])));
      expect(released.toSorted((a, b) => a - b)).toEqual([...wanted].toSorted((a, b) => a - b));
      const late = released.filter((number, index) => released.slice(0, index).some((before) => before > number));
      expect(late.length).toBeLessThanOrEqual(counters.unordered);
      expect([memory.bytes, packets.isMissing]).toEqual([0, false]);
    }),
  );
});
