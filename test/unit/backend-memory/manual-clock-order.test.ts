import { ManualClock } from "@groupcast/backend-memory";
import { expect, test } from "vitest";

/** Calls in the order the clock makes them. */
async function orderOf(delaysMs: readonly number[]): Promise<string[]> {
  const clock = new ManualClock();
  const made: string[] = [];
  for (const [index, delayMs] of delaysMs.entries()) clock.schedule(delayMs, () => made.push(`${delayMs}#${index}`));
  await clock.runUntilIdle();
  return made;
}

test("ManualClock makes calls in the order of their times, ties in the order they were made", async () => {
  expect(await orderOf([5, 1, 3, 1, 5, 0, 3])).toEqual(["0#5", "1#1", "1#3", "3#2", "3#6", "5#0", "5#4"]);
});

test("ManualClock keeps the order of a thousand calls at three times", async () => {
  const delaysMs = Array.from({ length: 1000 }, (_, index) => (index * 7) % 3);
  const expected = delaysMs.map((delayMs, index) => ({ delayMs, index })).sort((a, b) => a.delayMs - b.delayMs || a.index - b.index);
  expect(await orderOf(delaysMs)).toEqual(expected.map(({ delayMs, index }) => `${delayMs}#${index}`));
});
