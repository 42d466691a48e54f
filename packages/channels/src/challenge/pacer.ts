import type { Clock, ScheduledCall } from "@groupcast/base";

const PACE_MS = 100;

/** Makes calls that strangers can cause, at most one each 100 ms. */
export class Pacer {
  readonly #clock: Clock;
  readonly #run: () => void;
  #next: ScheduledCall | undefined;
  #nextMs = 0;
  #earliestMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Makes a call at a time of the clock, or as soon after it as the pace allows. One call serves all who want one by then. */
  wake(timeMs: number): void {
    const nextMs = Math.max(timeMs, this.#earliestMs);
    if (this.#next !== undefined && this.#nextMs <= nextMs) return;
    this.#next?.cancel();
    this.#nextMs = nextMs;
    this.#next = this.#clock.schedule(Math.max(0, nextMs - this.#clock.nowMs()), () => {
      this.#next = undefined;
      this.#earliestMs = this.#clock.nowMs() + PACE_MS;
      this.#run();
    });
  }

  /** Makes no call that was asked for so far. */
  cancel(): void {
    this.#next?.cancel();
    this.#next = undefined;
  }
}
