import fc from "fast-check";
import { expect, test } from "vitest";
import { ReplayWindow } from "../../../packages/channels/src/order/replay-window.js";

test("isNew() is true once for each number within the window", () => {
  const window = new ReplayWindow(64);
  const accepted = [5, 3, 5, 4, 3, 68, 5, 4, 69, 68].filter((number) => {
    const isNew = window.isNew(number);
    if (isNew) window.add(number);
    return isNew;
  });
  expect(accepted).toEqual([5, 3, 4, 68, 69]);
});

test("isNew() is false for what lies behind the window, though it never came", () => {
  const window = new ReplayWindow(64);
  window.add(100);
  expect([window.isNew(36), window.isNew(37)]).toEqual([false, true]);
});

test("ReplayWindow does what a set of all numbers does", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 80 }), (numbers) => {
      const window = new ReplayWindow(64);
      const seen = new Set<number>();
      let newest = -1;
      for (const number of numbers) {
        expect(window.isNew(number)).toBe(number > newest - 64 && !seen.has(number));
        if (!window.isNew(number)) continue;
        window.add(number);
        seen.add(number);
        newest = Math.max(newest, number);
      }
    }),
  );
});

test("ReplayWindow does what a set of all numbers does, however far each number is from the newest", () => {
  const step = fc.oneof(fc.integer({ min: -70, max: 5 }), fc.integer({ min: 1, max: 70 }), fc.constantFrom(31, 32, 33, 63, 64, 65, 500));
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const window = new ReplayWindow(64);
      const seen = new Set<number>();
      for (const each of steps) {
        const newest = Math.max(-1, ...seen);
        const number = Math.max(0, newest + each);
        expect(window.isNew(number)).toBe(number > newest - 64 && !seen.has(number));
        if (!window.isNew(number)) continue;
        window.add(number);
        seen.add(number);
        expect(window.newest).toBe(Math.max(newest, number));
      }
    }),
    { numRuns: 500 },
  );
});

test("a jump makes every number new that it passes, up to the width of the window", () => {
  for (const width of [1, 31, 32, 33, 63, 64, 65, 127, 128]) {
    const window = new ReplayWindow(64);
    for (let number = 0; number < 128; number++) window.add(number);
    window.add(127 + width);
    const late = Array.from({ length: Math.min(width - 1, 63) }, (_, index) => 126 + width - index);
    expect(late.filter((number) => !window.isNew(number))).toEqual([]);
  }
});

test("a jump to the largest number takes no longer than any other", () => {
  const window = new ReplayWindow(1024);
  window.add(0);
  window.add(0xffff_ffff);
  expect([window.isNew(0), window.isNew(0xffff_fffe), window.newest]).toEqual([false, true, 0xffff_ffff]);
});
