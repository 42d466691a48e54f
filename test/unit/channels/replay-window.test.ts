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

test("a jump to the largest number takes no longer than any other", () => {
  const window = new ReplayWindow(1024);
  window.add(0);
  window.add(0xffff_ffff);
  expect([window.isNew(0), window.isNew(0xffff_fffe), window.newest]).toEqual([false, true, 0xffff_ffff]);
});
