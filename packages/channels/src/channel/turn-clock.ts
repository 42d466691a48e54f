import type { Clock } from "@groupcast/base";

/** A clock that is read once a turn of the event loop: all messages of a batch arrived at one time, and reading costs. */
export class TurnClock {
  readonly #clock: Clock;
  readonly #forget = (): void => {
    this.#isKnown = false;
  };
  #nowMs = 0;
  #isKnown = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the time of this turn, in milliseconds. */
  nowMs(): number {
    if (this.#isKnown) return this.#nowMs;
    this.#isKnown = true;
    this.#nowMs = this.#clock.nowMs();
    queueMicrotask(this.#forget); // runs when the callback from the network returns
    return this.#nowMs;
  }
}
