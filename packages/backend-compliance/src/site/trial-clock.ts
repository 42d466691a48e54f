import type { Clock } from "@groupcast/base";

/** A clock that contracts wait with: never for a time to pass, always for an event. */
export interface TrialClock extends Clock {
  /** Lets time pass until `isReached`. Settles with false when `deadlineMs` passed first, or when nothing can happen any more. */
  until(isReached: () => boolean, deadlineMs: number): Promise<boolean>;
}

// Kept from the start, so that a test that replaces the global timers does not stop this clock.
const { setTimeout, clearTimeout, setImmediate, setInterval, clearInterval } = globalThis;

const HOLD_INTERVAL_MS = 60_000; // any: a referenced timer is enough

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
    // One look per turn of the event loop. On loopback a datagram takes a turn or two, so the loop hardly spins.
    while (!isReached()) {
      if (performance.now() > endMs) return false;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return true;
  },
};
