import type { Clock } from "@groupcast/backend";

const LONGEST_TIMER_MS = 2_147_483_647; // Node fires at once what is longer (2 ** 31 - 1, timers.md)

/** The clock of the process: `performance.now()`, so it does not move when somebody sets the time. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),

  /** Waits in stretches that Node's timers can hold. Those may fire up to 1 ms early (libuv counts whole ones); a stretch more, then. */
  schedule(delayMs, fn) {
    const dueMs = performance.now() + delayMs;
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      timer = setTimeout(look, Math.min(Math.ceil(leftMs), LONGEST_TIMER_MS));
    };
    const look = (): void => {
      const leftMs = dueMs - performance.now();
      if (leftMs > 0) wait(leftMs);
      else fn();
    };
    wait(delayMs);
    return { cancel: () => clearTimeout(timer) };
  },

  hold() {
    const timer = setInterval(() => {}, LONGEST_TIMER_MS);
    return () => clearInterval(timer);
  },
};
