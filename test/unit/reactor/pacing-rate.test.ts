// The rate of a paced queue over a second, from 10 KB/s to 1 GB/s, and that it is smooth, on a manual clock.
import type { DatagramSocket, SendBatch } from "@groupcast/backend";
import { socketAddress } from "@groupcast/backend";
import { ManualClock } from "@groupcast/backend-memory";
import { ERRNO, type ScheduledCall } from "@groupcast/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { zeroStatistics } from "../../../packages/reactor/src/port-statistics.js";
import { Pacer } from "../../../packages/reactor/src/sending/pacer.js";
import { SendQueue } from "../../../packages/reactor/src/sending/send-queue.js";
import { SlabPool } from "../../../packages/reactor/src/sending/slab-pool.js";

const TO = socketAddress("192.0.2.1", 1);
const HEADER_BYTES = 28;
const MAX_PAYLOAD_BYTES = 65_507;
const ZEROS = Buffer.alloc(MAX_PAYLOAD_BYTES);

/** Datagrams that left, with their headers: when, and how long they were. */
interface Left {
  readonly atMs: number;
  readonly bytes: number;
}

/** Sends datagrams of these lengths in turn for `durationMs`, and never lets the queue run dry. */
async function saturate(bytesPerSecond: number, lengths: readonly number[], durationMs: number, startMs = 0): Promise<Left[]> {
  const clock = new ManualClock({ startMs });
  const left: Left[] = [];
  const socket = {
    send({ offsets }: SendBatch, from: number, to: number) {
      for (let i = from; i < to; i++) left.push({ atMs: clock.nowMs() - startMs, bytes: offsets[i + 1]! - offsets[i]! + HEADER_BYTES });
      return to - from;
    },
  };
  let next = 0;
  const fill = (): void => {
    for (let length = lengths[next]!; queue.add(ZEROS.subarray(0, length), length, TO, undefined); length = lengths[next]!) {
      next = (next + 1) % lengths.length;
    }
  };
  const observer = { sendFailed() {}, emptied() {}, drained: fill };
  const queue = new SendQueue(socket as unknown as DatagramSocket, new SlabPool(), zeroStatistics(), observer);
  const report = (thrown: unknown): never => {
    throw thrown;
  };
  queue.paceBy(new Pacer({ clock, family: 4, isDue: () => queue.flushBacklog(), report }, bytesPerSecond));
  fill();
  await clock.advance(durationMs);
  queue.abandon();
  return left;
}

/** Asserts that no interval has more than the rate allows, and 1 ms worth of it or one datagram besides. */
function expectSmooth(left: readonly Left[], bytesPerSecond: number): void {
  const longest = left.reduce((length, { bytes }) => Math.max(length, bytes), 0);
  const burst = Math.max(bytesPerSecond / 1000, longest);
  let level = 0;
  let highest = 0;
  let before = 0;
  for (const { atMs, bytes } of left) {
    level = Math.max(0, level - ((atMs - before) * bytesPerSecond) / 1000) + bytes;
    before = atMs;
    highest = Math.max(highest, level);
  }
  expect(highest).toBeLessThanOrEqual(burst * 1.0011); // a wait may end a thousandth of a millisecond early
}

function total(left: readonly Left[]): number {
  return left.reduce((sum, { bytes }) => sum + bytes, 0);
}

test.each([
  [10_000, [72]],
  [10_000, [0]],
  [100_000, [1400]],
  [1_000_000, [1400]],
  [1_000_000, [972, 0, 64]],
  [10_000_000, [200]],
  [100_000_000, [1400]],
  [100_000_000, [8000, 64, 1400]],
  [1_000_000_000, [MAX_PAYLOAD_BYTES]],
  [1_000_000_000, [8972]],
])(
  "maxBytesPerSecond of %d is kept within 2 %% over a second, and no burst is worth more than 1 ms, with datagrams of %j",
  async (rate, lengths) => {
    const left = await saturate(rate, lengths, 1000);
    expect(total(left) / rate).toBeGreaterThan(0.98);
    expect(total(left) / rate).toBeLessThan(1.02);
    expectSmooth(left, rate);
  },
);

test("maxBytesPerSecond is smooth and exact whatever the rate is, and whatever is sent", async () => {
  const lengths = fc.array(fc.oneof(fc.nat(100), fc.nat(1472), fc.nat(MAX_PAYLOAD_BYTES)), { minLength: 1, maxLength: 8 });
  const rates = fc.integer({ min: 10_000, max: 5_000_000 });
  await fc.assert(
    fc.asyncProperty(rates, lengths, async (rate, each) => {
      const durationMs = 100;
      const left = await saturate(rate, each, durationMs);
      expectSmooth(left, rate);
      const longest = Math.max(...each) + HEADER_BYTES;
      const expected = (rate * durationMs) / 1000;
      expect(total(left)).toBeGreaterThan(expected * 0.98 - longest);
      expect(total(left)).toBeLessThan(expected + rate / 1000 + longest);
    }),
    { numRuns: 60 },
  );
});

test.each([9_973, 999_983, 999_999_937])("maxBytesPerSecond of %d is kept by a clock that counts from 1970", async (rate) => {
  const left = await saturate(rate, [rate > 1e6 ? 8972 : 72], 1000, Date.UTC(2100, 0));
  expect(total(left) / rate).toBeGreaterThan(0.98);
  expect(total(left) / rate).toBeLessThan(1.02);
  expectSmooth(left, rate);
});

/** A pacer whose clock is set by hand, and datagrams that are worth 0.28 ms each. */
function pacerByHand(startMs: number, report: (thrown: unknown) => void = () => {}) {
  const at = { nowMs: startMs };
  const clock = { nowMs: () => at.nowMs, schedule: () => ({ cancel() {} }), hold: () => () => {} };
  const pacer = new Pacer({ clock, family: 4, isDue() {}, report }, 100_000);
  const batch = { offsets: new Int32Array(65) } as unknown as SendBatch;
  const send = (most: number): number => {
    pacer.look();
    const count = pacer.admit(batch, 0, most);
    pacer.charge(batch, 0, count);
    return count;
  };
  return { at, send };
}

test("a paced port saves up one burst in the first millisecond of a clock that begins at 0", () => {
  const { at, send } = pacerByHand(0);
  expect(send(1)).toBe(1);
  at.nowMs = 0.9;
  expect(send(64)).toBe(3);
});

test("a paced port whose clock went back after a wake-up saves up one burst, though datagrams trickle out", () => {
  const { at, send } = pacerByHand(1_000);
  expect([send(64), send(64)]).toEqual([3, 0]); // the second waits
  at.nowMs = 1_001;
  expect(send(1)).toBe(1);
  at.nowMs = 0;
  for (let written = 0; written < 20; written++) {
    send(1);
    at.nowMs += 0.9;
  }
  expect(send(64)).toBe(3);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, "12"])(
  "a paced port whose clock shows %s holds nothing back and says so, and keeps its rate when the clock is right again",
  (wrong) => {
    const thrown: unknown[] = [];
    const { at, send } = pacerByHand(1_000, (error) => thrown.push(error));
    expect(send(64)).toBe(3);
    at.nowMs = wrong as number;
    expect(send(5)).toBe(5);
    expect(thrown).toEqual([expect.any(TypeError)]);
    at.nowMs = 1_010;
    expect(send(64)).toBe(3);
    expect(send(64)).toBe(0);
    expect(thrown).toHaveLength(1);
  },
);

test("a paced queue offers the rest of a refused run at once, though the refusal took long: the socket knows no other batch as refused", () => {
  let nowMs = 0;
  let wakeUp = (): void => {};
  const schedule = (_delayMs: number, call: () => void): ScheduledCall => {
    wakeUp = call;
    return { cancel() {} };
  };
  const offered: number[][] = [];
  const socket = {
    send(_batch: SendBatch, from: number, to: number) {
      offered.push([from, to]);
      if (offered.length !== 2) return to - from;
      nowMs += 5;
      return ERRNO.EPERM;
    },
  };
  const queue = new SendQueue(socket as unknown as DatagramSocket, new SlabPool(), zeroStatistics(), {
    sendFailed() {},
    emptied() {},
    drained() {},
  });
  const clock = { nowMs: () => nowMs, schedule, hold: () => () => {} };
  queue.paceBy(new Pacer({ clock, family: 4, isDue: () => queue.flushBacklog(), report() {} }, 100_000));
  for (let i = 0; i < 20; i++) queue.add(ZEROS.subarray(0, 72), 72, TO, undefined); // 1 ms each
  queue.flush();
  nowMs = 11;
  wakeUp();
  expect(offered.slice(0, 3)).toEqual([
    [0, 1],
    [0, 11],
    [1, 11],
  ]);
});
