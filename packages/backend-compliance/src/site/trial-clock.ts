import type { Clock } from "@groupcast/base";

/** A clock that contracts wait with: never for a time to pass, always for something to happen. */
export interface TrialClock extends Clock {
  /** Lets time pass until `isReached`. @returns False when `deadlineMs` passed, or nothing can happen any more, before it was. */
  until(isReached: () => boolean, deadlineMs: number): Promise<boolean>;
}

// Kept from the start, so that a test that replaces the global timers does not stop this clock.
const { setTimeout, clearTimeout, setImmediate, setInterval, clearInterval } = globalThis;

const HOLD_INTERVAL_MS = 60_000; // any: what counts is that it is referenced

/** The system's clock, for backends on a real network. */
export const realClock: TrialClock = {
  nowMs: () => performance.now(),
  schedule(delayMs, fn) {
    const timer = setTimeout(fn, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  hold() {
    const timer = setInterval(() => {}, HOLD_INTERVAL_MS);
    return () => clearInterval(timer);
  },
  async until(isReached, deadlineMs) {
    const endMs = performance.now() + deadlineMs;
    // One look per turn of the event loop. On loopback what is waited for takes a turn or two, so the loop hardly spins.
    while (!isReached()) {
      if (performance.now() > endMs) return false;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return true;
  },
};
