import { systemClock } from "@groupcast/reactor";
import { afterEach, expect, test, vi } from "vitest";

const LONGEST_TIMER_MS = 2_147_483_647;

afterEach(() => {
  vi.useRealTimers();
});

/** Resolves with how long a call took to come. */
function measure(delayMs: number): Promise<number> {
  const startedMs = systemClock.nowMs();
  return new Promise((resolve) => {
    systemClock.schedule(delayMs, () => resolve(systemClock.nowMs() - startedMs));
  });
}

test("schedule() never calls early, fractions of a millisecond included", async () => {
  const delaysMs = Array.from({ length: 60 }, (_, index) => index / 7);
  const tookMs = await Promise.all(delaysMs.map(measure));
  expect(tookMs.filter((took, index) => took < delaysMs[index]!)).toEqual([]);
});

test("nowMs() is monotonic: setting the wall clock moves nothing", () => {
  const before = systemClock.nowMs();
  vi.useFakeTimers({ now: 0, toFake: ["Date"] });
  vi.setSystemTime(1e15);
  const after = systemClock.nowMs();
  expect(after).toBeGreaterThanOrEqual(before);
  expect(after - before).toBeLessThan(60_000);
});

test("schedule() waits for what is longer than a timer of Node can be", () => {
  vi.useFakeTimers();
  const fn = vi.fn();
  systemClock.schedule(3 * LONGEST_TIMER_MS, fn);
  vi.advanceTimersByTime(3 * LONGEST_TIMER_MS - 1);
  expect(fn).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(fn).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test("schedule() of an immense time waits, without a warning of an overflow", () => {
  vi.useFakeTimers();
  const fn = vi.fn();
  const call = systemClock.schedule(Number.MAX_VALUE, fn);
  vi.advanceTimersByTime(LONGEST_TIMER_MS + 1);
  expect(fn).not.toHaveBeenCalled();
  call.cancel();
  expect(vi.getTimerCount()).toBe(0);
});

test("cancel() ends the waiting, in a later stretch too", () => {
  vi.useFakeTimers();
  const fn = vi.fn();
  const call = systemClock.schedule(2 * LONGEST_TIMER_MS, fn);
  vi.advanceTimersByTime(LONGEST_TIMER_MS + 1);
  call.cancel();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(LONGEST_TIMER_MS);
  expect(fn).not.toHaveBeenCalled();
});

test("hold() keeps one timer until it is let go", () => {
  vi.useFakeTimers();
  const letGo = systemClock.hold();
  expect(vi.getTimerCount()).toBe(1);
  letGo();
  expect(vi.getTimerCount()).toBe(0);
});

test("unref() lets the process end while a call is pending, in a later stretch too", () => {
  vi.useFakeTimers();
  const started: NodeJS.Timeout[] = [];
  const start = globalThis.setTimeout;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((...args: Parameters<typeof start>) => {
    const timer = start(...args);
    started.push(timer);
    return timer;
  }) as typeof start);
  const call = systemClock.schedule(2 * LONGEST_TIMER_MS, () => {});
  expect(started.map((timer) => timer.hasRef())).toEqual([true]);
  call.unref!();
  vi.advanceTimersByTime(LONGEST_TIMER_MS + 1);
  expect(started.map((timer) => timer.hasRef())).toEqual([false, false]);
  call.cancel();
});
