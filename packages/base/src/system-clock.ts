import type { Clock, ScheduledCall } from "./clock.js";

const LONGEST_TIMER_MS = 2_147_483_647; // Node fires at once what is longer (2 ** 31 - 1, timers.md)

/** Waits in stretches that Node's timers can hold. Those may fire up to 1 ms early (libuv counts whole ones); a stretch more, then. */
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

  /** One function for all timers: there may be a million. */
  static #look(wait: Wait): void {
    const leftMs = wait.#dueMs - performance.now();
    if (leftMs <= 0) wait.#fn();
    else wait.#timer = wait.#isReferenced ? wait.#startTimer(leftMs) : wait.#startTimer(leftMs).unref();
  }
}

/** The clock of the process: `performance.now()`, so it does not move when somebody sets the time. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),

  schedule: (delayMs, fn) => new Wait(delayMs, fn),

  hold() {
    const timer = setInterval(() => {}, LONGEST_TIMER_MS);
    return () => clearInterval(timer);
  },
};
