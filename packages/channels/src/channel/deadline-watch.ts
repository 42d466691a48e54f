import type { Clock, ScheduledCall } from "@groupcast/base";

/** Watches that messages come in time. A message costs an assignment: the timer looks at the time of the last one when it is due. */
export class DeadlineWatch {
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #missed: (sinceMs: number) => void;
  #latestMs = 0;
  #isRunning = false;
  #next: ScheduledCall | undefined; // undefined once the deadline was missed, until the next message

  /** @param missed - Called once when the deadline is missed, and again only after a further message. */
  constructor(clock: Clock, deadlineMs: number, missed: (sinceMs: number) => void) {
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
    this.#missed = missed;
  }

  /** Expects messages from now on. */
  start(): void {
    this.#isRunning = true;
    this.messageCame(this.#clock.nowMs());
  }

  /** Notes that a message came. */
  messageCame(nowMs: number): void {
    this.#latestMs = nowMs;
    if (this.#next === undefined && this.#isRunning) this.#check(nowMs);
  }

  /** Expects no messages from now on. */
  stop(): void {
    this.#isRunning = false;
    this.#next?.cancel();
    this.#next = undefined;
  }

  #check(nowMs: number): void {
    const sinceMs = nowMs - this.#latestMs;
    const isMissed = sinceMs >= this.#deadlineMs;
    this.#next = isMissed ? undefined : this.#clock.schedule(this.#deadlineMs - sinceMs, () => this.#check(this.#clock.nowMs()));
    if (isMissed) this.#missed(sinceMs);
  }
}
