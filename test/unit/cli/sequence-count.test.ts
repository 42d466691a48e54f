import fc from "fast-check";
import { expect, test } from "vitest";
import { SequenceCount } from "../../../packages/cli/src/listening/sequence-count.js";

const CLEAN = { lost: 0, gaps: 0, duplicates: 0, reordered: 0, restarts: 0 };

function counted(numbers: readonly number[], modulus?: number): ReturnType<SequenceCount["report"]> {
  const count = new SequenceCount(modulus);
  for (const number of numbers) count.note(number);
  return count.report();
}

function range(from: number, to: number, modulus = Number.POSITIVE_INFINITY): number[] {
  return Array.from({ length: to - from }, (_, index) => (from + index) % modulus);
}

test.each([
  ["in order", range(0, 10), undefined, {}],
  ["from any number on", range(1_000_000, 1_000_010), undefined, {}],
  ["with two missing", [0, 1, 4, 5], undefined, { lost: 2, gaps: 1 }],
  ["with two gaps", [0, 2, 4], undefined, { lost: 2, gaps: 2 }],
  ["with a late one", [0, 2, 1, 3], undefined, { gaps: 1, reordered: 1 }],
  ["doubled", [0, 1, 1, 2], undefined, { duplicates: 1 }],
  ["doubled late", [0, 1, 2, 3, 1], undefined, { duplicates: 1 }],
  ["late and doubled", [0, 2, 1, 1], undefined, { gaps: 1, reordered: 1, duplicates: 1 }],
  ["with one before the first", [5, 4, 6], undefined, { reordered: 1 }],
  ["started again", [...range(500_000, 500_003), ...range(0, 3)], undefined, { restarts: 1 }],
  ["around the end of 16 bits", range(65_530, 65_550, 65_536), 65_536, {}],
  ["around the end with a loss", [65_534, 65_535, 1, 2], 65_536, { lost: 1, gaps: 1 }],
  ["around the end and late", [65_535, 1, 0, 2], 65_536, { gaps: 1, reordered: 1 }],
  ["around the end of 8 bits, many times", range(0, 5000, 256), 256, {}],
  ["around the end of 32 bits", range(2 ** 32 - 2, 2 ** 32 + 3, 2 ** 32), 2 ** 32, {}],
  ["with a jump of 16 bits too long for a loss", [0, 1, 30_000, 30_001], 65_536, { restarts: 1 }],
  ["with a loss longer than the window", [0, 5000, 5001], undefined, { lost: 4999, gaps: 1 }],
] as const)("SequenceCount counts numbers %s", (_, numbers, modulus, expected) => {
  expect(counted(numbers, modulus)).toEqual({ received: numbers.length, ...CLEAN, ...expected });
});

test("SequenceCount leaves what comes later than its window lost", () => {
  expect(counted([0, ...range(2, 1500), 1])).toMatchObject({ lost: 1, gaps: 1, reordered: 1 });
  expect(counted([0, ...range(2, 900), 1])).toMatchObject({ lost: 0, gaps: 1, reordered: 1 });
});

test("SequenceCount counts each loss, copy and late arrival of a stream that is dropped, doubled and shuffled a little", () => {
  const faults = fc.array(fc.tuple(fc.constantFrom("keep", "keep", "keep", "drop", "double"), fc.nat(5)), { minLength: 2, maxLength: 400 });
  fc.assert(
    fc.property(faults, fc.nat(65_535), (plan, start) => {
      const sent = plan.flatMap(([fate, delay], number) => {
        const copies = number === 0 || fate === "keep" ? 1 : fate === "drop" ? 0 : 2;
        return new Array<readonly [number, number]>(copies).fill([number, number === 0 ? 0 : number + delay]);
      });
      const order = sent.map((each, index) => [...each, index] as const).sort((a, b) => a[1] - b[1] || a[2] - b[2]);
      const numbers = order.map(([number]) => number);
      const highest = Math.max(...numbers);
      const report = counted(
        numbers.map((number) => (number + start) % 65_536),
        65_536,
      );
      const distinct = new Set(numbers).size;
      expect(report.received).toBe(numbers.length);
      expect(report.duplicates).toBe(numbers.length - distinct);
      expect(report.lost).toBe(highest + 1 - distinct);
      expect(report.restarts).toBe(0);
    }),
  );
});
