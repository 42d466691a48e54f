import fc from "fast-check";
import { expect, test } from "vitest";
import { countOf, type NumberRange, NumberRanges } from "../../../packages/channels/src/reliable/number-ranges.js";

const BASE = 0xffff_ffe0; // so that numbers wrap in every run

function at(offset: number): number {
  return (BASE + offset) >>> 0;
}

function numbersIn(ranges: readonly NumberRange[]): number[] {
  return ranges.flatMap((range) => Array.from({ length: countOf(range) }, (_, index) => (range.first + index - BASE) >>> 0));
}

/** Does one thing to the ranges and to a set, and expects the same of both. */
type Step = (ranges: NumberRanges<NumberRange>, model: Set<number>, first: number, last: number) => void;

function between(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const STEPS: Readonly<Record<"add" | "remove" | "delete" | "shift", Step>> = {
  add(ranges, model, first, last) {
    const numbers = between(first, last);
    if (numbers.some((number) => model.has(number))) return;
    ranges.add({ first: at(first), last: at(last) });
    for (const number of numbers) model.add(number);
  },
  remove(ranges, model, first, last) {
    const there = between(first, last).filter((number) => model.delete(number));
    expect(numbersIn(ranges.remove({ first: at(first), last: at(last) }))).toEqual(there);
  },
  delete(ranges, model, first) {
    expect(ranges.delete(at(first))).toBe(model.delete(first));
  },
  shift(ranges, model) {
    const { lowest } = ranges;
    expect(ranges.shift()).toBe(lowest);
    for (const number of numbersIn(lowest === undefined ? [] : [lowest])) expect(model.delete(number)).toBe(true);
  },
};

test("NumberRanges does what a set of numbers does, over the end of the numbers, too", () => {
  const kinds = Object.keys(STEPS) as (keyof typeof STEPS)[];
  const step = fc.record({ kind: fc.constantFrom(...kinds), first: fc.nat(100), length: fc.nat(15) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const ranges = new NumberRanges<NumberRange>();
      const model = new Set<number>();
      for (const { kind, first, length } of steps) {
        STEPS[kind](ranges, model, first, first + length);
        expect(numbersIn(ranges.all)).toEqual([...model].toSorted((a, b) => a - b));
      }
    }),
  );
});

test("remove() leaves the parts of a range what else is known of it", () => {
  const ranges = new NumberRanges<NumberRange & { readonly since: number }>();
  ranges.add({ first: 1, last: 9, since: 7 });
  expect(ranges.remove({ first: 4, last: 5 })).toEqual([{ first: 4, last: 5, since: 7 }]);
  expect(ranges.all).toEqual([
    { first: 1, last: 3, since: 7 },
    { first: 6, last: 9, since: 7 },
  ]);
  ranges.clear();
  expect([ranges.size, ranges.lowest]).toEqual([0, undefined]);
});
