import { expect, test, vi } from "vitest";
import { END, fill, isIntact, MEASURED, numberOf } from "../../../packages/bench/src/programs/numbering.js";
import { Tally } from "../../../packages/bench/src/programs/tally.js";

const SIZE = 64;

function datagram(number: number): Buffer {
  const bytes = Buffer.alloc(SIZE);
  fill(bytes, number);
  return bytes;
}

test.each([0, 1, 1024, MEASURED, MEASURED + 1023, END])("numberOf() reads what fill() wrote: %i", (number) => {
  expect(numberOf(datagram(number))).toBe(number);
});

test("isIntact() looks at every byte of each 1,024th datagram, and at the length of all", () => {
  const sample = datagram(MEASURED);
  expect(isIntact(sample, MEASURED, SIZE)).toBe(true);
  sample[63] = sample[63]! ^ 1;
  expect(isIntact(sample, MEASURED, SIZE)).toBe(false);
  expect(isIntact(datagram(5), 5, SIZE - 1)).toBe(false);
});

test("count() counts from the first measured datagram on, and hears the end once", () => {
  const ended = vi.fn();
  const tally = new Tally(SIZE, ended);
  let next = 0;
  for (const number of [0, 1, 2, MEASURED, MEASURED + 1, MEASURED + 5, END, END]) next = tally.count(datagram(number), next);
  expect(tally.received).toBe(3);
  expect(ended).toHaveBeenCalledOnce();
  expect(tally.isOver).toBe(true);
});
