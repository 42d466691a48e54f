import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test, vi } from "vitest";
import { HeldDatagrams } from "../../../packages/backend-dgram/src/held-datagrams.js";

const COST_BYTES = 512; // of a datagram besides its bytes
const FREEING_LIMIT_MS = 10_000; // bounds a leak only

/** Runs the collector, which Node gives to nobody by default. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

/** Adds datagrams of `length` bytes until one does not fit; returns how many did. */
function fill(held: HeldDatagrams, length: number, limitBytes: number): number {
  let count = 0;
  while (held.add({ bytes: Buffer.alloc(length, count), address: "192.0.2.1", port: 9 }, limitBytes)) count++;
  return count;
}

test("add() takes what fits, a datagram's bytes and its overhead counted, and not a byte more", () => {
  const held = new HeldDatagrams();
  expect(fill(held, 100, 4 * (100 + COST_BYTES))).toBe(4);
  expect(fill(new HeldDatagrams(), 100, 4 * (100 + COST_BYTES) - 1)).toBe(3);
  expect(held.length).toBe(4);
});

test("take() returns datagrams in order, and gives back all that each of them cost", () => {
  const held = new HeldDatagrams();
  const limitBytes = 4 * COST_BYTES; // of empty datagrams the overhead is all that counts
  fill(held, 0, limitBytes);
  for (let round = 0; round < 50; round++) {
    expect(held.take()).toBeDefined();
    expect(held.length).toBe(3);
    expect(fill(held, 0, limitBytes)).toBe(1);
  }
});

test("take() gives back the bytes too, and returns undefined when nothing is held", () => {
  const held = new HeldDatagrams();
  const limitBytes = 3 * (1_000 + COST_BYTES);
  for (let round = 0; round < 10; round++) {
    expect(fill(held, 1_000, limitBytes)).toBe(3);
    expect([held.take(), held.take(), held.take()].map((datagram) => datagram?.bytes[0])).toEqual([0, 1, 2]);
    expect(held.take()).toBeUndefined();
    expect(held.length).toBe(0);
  }
});

test("clear() forgets what is held, and its cost", () => {
  const held = new HeldDatagrams();
  fill(held, 100, 10_000);
  held.take();
  held.clear();
  expect([held.length, held.take()]).toEqual([0, undefined]);
  expect(fill(held, 100, 2 * (100 + COST_BYTES))).toBe(2);
});

test("take() lets go of what it has returned although the queue is never empty", async () => {
  const held = new HeldDatagrams();
  const limitBytes = 10 * (100_000 + COST_BYTES);
  const before = process.memoryUsage().arrayBuffers;
  fill(held, 100_000, limitBytes);
  for (let round = 0; round < 1_000; round++) {
    expect(held.take()).toBeDefined();
    expect(fill(held, 100_000, limitBytes)).toBe(1);
  }
  expect(held.length).toBe(10);
  await vi.waitFor(() => {
    collectGarbage(); // V8 frees memory outside its heap in a thread of its own, so once may be too early
    const kept = (process.memoryUsage().arrayBuffers - before) / 100_000;
    expect(kept).toBeLessThan(200); // ten wait, and a bounded number of taken ones; not a thousand
  }, FREEING_LIMIT_MS);
});

test("take() keeps the order when it lets go of what it has returned", () => {
  const held = new HeldDatagrams();
  const limitBytes = 100 * (1 + COST_BYTES);
  let [added, taken] = [0, 0];
  const addOne = (): boolean => held.add({ bytes: Buffer.of(added % 256), address: "192.0.2.1", port: 9 }, limitBytes);
  while (addOne()) added++;
  while (taken < 1_000) {
    expect(held.take()?.bytes[0]).toBe(taken++ % 256);
    if (addOne()) added++;
    expect(held.length).toBe(added - taken);
  }
});
