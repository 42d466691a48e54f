import { BackOff, type Clock, callGuarded, type ScheduledCall, whenAborted } from "@groupcast/base";
import type { ResolvedRequest } from "./request-options.js";

/** Asker of a pending question. */
export interface QuestionOwner {
  readonly clock: Clock;
  /** Sends the question once. What it throws ends the question. */
  send(): void;
  /** The question was sent again. */
  sentAgain(): void;
  /** The time is over. */
  timedOut(attempts: number): void;
  /** The question cannot be asked, or its signal has aborted. */
  failed(reason: unknown): void;
  /** The question is over, for whatever reason. */
  ended(): void;
  /** Reports what the clock throws. */
  report(thrown: unknown): void;
}

/** One question that waits for its answers, and is sent again after waits that grow. */
export class PendingQuestion {
  readonly #owner: QuestionOwner;
  readonly #options: ResolvedRequest;
  readonly #backOff: BackOff;
  #attempts = 0;
  #hasEnded = false;
  #ignoreSignal: (() => void) | undefined;
  #next: ScheduledCall | undefined;
  #deadline: ScheduledCall | undefined;

  /** Sends nothing yet. */
  constructor(owner: QuestionOwner, options: ResolvedRequest) {
    this.#owner = owner;
    this.#options = options;
    this.#backOff = new BackOff(options.firstWaitMs);
  }

  /** Sends the question for the first time. */
  start(): void {
    const { signal, timeoutMs } = this.#options;
    this.#guarded(() => {
      this.#ignoreSignal = whenAborted(signal, (reason) => this.fail(reason));
      this.#deadline = this.#owner.clock.schedule(timeoutMs, () => this.#timedOut());
      this.#transmit();
    });
  }

  /** Ends the question; returns whether it was pending until now. */
  end(): boolean {
    if (this.#hasEnded) return false;
    this.#hasEnded = true;
    this.#ignoreSignal?.();
    for (const call of [this.#next, this.#deadline]) callGuarded(() => call?.cancel(), this.#owner.report);
    this.#owner.ended();
    return true;
  }

  /** Ends the question with a reason. */
  fail(reason: unknown): void {
    if (this.end()) this.#owner.failed(reason);
  }

  #timedOut(): void {
    if (this.end()) this.#owner.timedOut(this.#attempts);
  }

  #transmit(): void {
    if (this.#attempts++ > 0) this.#owner.sentAgain();
    this.#owner.send();
    if (this.#attempts === this.#options.attempts || this.#hasEnded) return;
    this.#next = this.#owner.clock.schedule(this.#backOff.nextMs(), () => this.#guarded(() => this.#transmit()));
  }

  /** Runs `act`, which calls the clock and the transport; they may be user code. */
  #guarded(act: () => void): void {
    if (this.#hasEnded) return;
    try {
      act();
    } catch (error) {
      this.fail(error);
    }
  }
}
