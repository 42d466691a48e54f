import type { Clock } from "@groupcast/base";

/** The time, asked once for all that JavaScript does in one turn: a batch of messages has arrived at one time. */
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

  nowMs(): number {
    if (this.#isKnown) return this.#nowMs;
    this.#isKnown = true;
    this.#nowMs = this.#clock.nowMs();
    queueMicrotask(this.#forget); // runs when the callback from the network returns
    return this.#nowMs;
  }
}
