import { type Clock, checkDelay, type ScheduledCall, StateError } from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";

/** Whom the delayed calls of a reactor tell that they are no longer pending. There may be a million of them, so they share it. */
export interface DelayedCallOwner {
  readonly clock: Clock;
  due(call: DelayedCall, fn: () => void): void;
  cancelled(call: DelayedCall): void;
}

/**
 * A call that the reactor will make, once. Made by `reactor.callLater`.
 *
 * All methods but {@link DelayedCall.active} and {@link DelayedCall.getTime} throw {@link StateError} `ERR_CALL_DONE` after the call, and
 * `ERR_CALL_CANCELLED` after {@link DelayedCall.cancel}.
 */
export class DelayedCall {
  readonly #owner: DelayedCallOwner;
  readonly #fn: () => void;
  #dueMs: number;
  #scheduled: ScheduledCall;
  #state: "pending" | "done" | "cancelled" = "pending";

  /** Not for users: `reactor.callLater` makes these. */
  constructor(owner: DelayedCallOwner, delayMs: number, fn: () => void) {
    this.#owner = owner;
    this.#fn = fn;
    this.#dueMs = owner.clock.nowMs() + delayMs;
    this.#scheduled = owner.clock.schedule(delayMs, () => this.#fire());
  }

  /** Prevents the call. */
  cancel(): void {
    this.#checkPending("cancel");
    this.#state = "cancelled";
    this.#scheduled.cancel();
    this.#owner.cancelled(this);
  }

  /** Puts the call off until `delayMs` from now. */
  reset(delayMs: number): void {
    this.#checkPending("reset");
    this.#reschedule(this.#owner.clock.nowMs() + checkDelay("reset", "delayMs", delayMs));
  }

  /** Moves the call by `delayMs` from when it was due; negative moves it nearer. */
  delay(delayMs: number): void {
    this.#checkPending("delay");
    this.#reschedule(this.#dueMs + checkDelay("delay", "delayMs", delayMs, Number.NEGATIVE_INFINITY));
  }

  /** Whether the call is still to come. */
  active(): boolean {
    return this.#state === "pending";
  }

  /** When the call is due, in milliseconds of the reactor's clock. */
  getTime(): number {
    return this.#dueMs;
  }

  #reschedule(dueMs: number): void {
    this.#dueMs = dueMs;
    this.#scheduled.cancel();
    const { clock } = this.#owner;
    this.#scheduled = clock.schedule(Math.max(0, dueMs - clock.nowMs()), () => this.#fire());
  }

  #fire(): void {
    this.#state = "done";
    this.#owner.due(this, this.#fn);
  }

  #checkPending(operation: string): void {
    if (this.#state === "done") throw new StateError(REACTOR_ERRORS.ERR_CALL_DONE, operation);
    if (this.#state === "cancelled") throw new StateError(REACTOR_ERRORS.ERR_CALL_CANCELLED, operation);
  }
}
