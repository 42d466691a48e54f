import { StateError, whenAborted } from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import { TimedCall, type TimedCallOwner } from "./timed-call.js";

/** Options of `reactor.deferLater`. */
export interface DeferOptions {
  /** Signal that ends the wait; the promise then rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A delayed call that settles a promise. Cancelling it, by `reactor.getDelayedCalls()`, rejects the promise. */
export class Deferral extends TimedCall {
  readonly promise: Promise<void>;
  readonly #reject: (reason: unknown) => void;

  /** Starts the wait. */
  constructor(owner: TimedCallOwner, delayMs: number) {
    let resolve!: () => void;
    let reject!: (reason: unknown) => void;
    const promise = new Promise<void>((...settle) => {
      [resolve, reject] = settle;
    });
    super(owner, delayMs, resolve);
    this.promise = promise;
    this.#reject = reject;
  }

  override cancel(): void {
    try {
      super.cancel();
    } finally {
      this.#reject(new StateError(REACTOR_ERRORS.ERR_CALL_CANCELLED, "deferLater")); // although the clock threw; no effect once it is over
    }
  }

  /** Ends the wait, and rejects the promise with `reason`, or with what the clock throws. Does nothing once the wait is over. */
  abort(reason: unknown): void {
    try {
      super.cancel();
      this.#reject(reason);
    } catch (error) {
      this.#reject(error);
    }
  }

  /** Waits for the call, or for `signal`. */
  async settled(signal: AbortSignal | undefined): Promise<void> {
    const ignoreSignal = whenAborted(signal, (reason) => this.abort(reason));
    try {
      await this.promise;
    } finally {
      ignoreSignal();
    }
  }
}
