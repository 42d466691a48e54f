import type { Clock, ScheduledCall } from "./clock.js";

const LONGEST_TIMER_MS = 2_147_483_647; // Node fires longer ones at once (2 ** 31 - 1, timers.md)

/**
 * A wait, split into stretches that Node's timers can hold. A timer may fire up to 1 ms early (libuv counts whole ones): another stretch
 * follows.
 */
class Wait implements ScheduledCall {
  readonly #dueMs: number;
  readonly #fn: () => void;
  #timer: NodeJS.Timeout;
  #isReferenced = true;

  constructor(delayMs: number, fn: () => void) {
    this.#dueMs = performance.now() + delayMs;
    this.#fn = fn;
    this.#timer = this.#startTimer(delayMs);
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  unref(): void {
    this.#isReferenced = false;
    this.#timer.unref();
  }

  #startTimer(leftMs: number): NodeJS.Timeout {
    return setTimeout(Wait.#look, Math.min(Math.ceil(leftMs), LONGEST_TIMER_MS), this);
  }

  /** Fires, or waits again. One function for all timers: there may be a million. */
  static #look(wait: Wait): void {
    const leftMs = wait.#dueMs - performance.now();
    if (leftMs <= 0) wait.#fn();
    else wait.#timer = wait.#isReferenced ? wait.#startTimer(leftMs) : wait.#startTimer(leftMs).unref();
  }
}

/** Clock of the process: `performance.now()`, so setting the time does not move it. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),

  schedule: (delayMs, fn) => new Wait(delayMs, fn),

  hold() {
    const timer = setInterval(() => {}, LONGEST_TIMER_MS);
    return () => clearInterval(timer);
  },
};
