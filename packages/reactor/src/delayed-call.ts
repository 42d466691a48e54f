import { type Clock, type ScheduledCall, StateError } from "@groupcast/backend";
import { checkDelay } from "./check-argument.js";

/** What a delayed call does when it is due, and whom it tells that it is no longer pending. */
export interface DelayedCallOwner {
  fire(): void;
  done(): void;
}

/**
 * A call that the reactor will make, once. Made by `reactor.callLater`.
 *
 * All methods but {@link DelayedCall.active} and {@link DelayedCall.getTime} throw {@link StateError} `ERR_CALL_DONE` after the call, and
 * `ERR_CALL_CANCELLED` after {@link DelayedCall.cancel}.
 */
export class DelayedCall {
  readonly #clock: Clock;
  readonly #owner: DelayedCallOwner;
  #dueMs: number;
  #scheduled: ScheduledCall;
  #state: "pending" | "done" | "cancelled" = "pending";

  /** Not for users: `reactor.callLater` makes these. */
  constructor(clock: Clock, delayMs: number, owner: DelayedCallOwner) {
    this.#clock = clock;
    this.#owner = owner;
    this.#dueMs = clock.nowMs() + delayMs;
    this.#scheduled = clock.schedule(delayMs, () => this.#fire());
  }

  /** Prevents the call. */
  cancel(): void {
    this.#checkPending("cancel");
    this.#state = "cancelled";
    this.#scheduled.cancel();
    this.#owner.done();
  }

  /** Puts the call off until `delayMs` from now. */
  reset(delayMs: number): void {
    this.#checkPending("reset");
    this.#reschedule(this.#clock.nowMs() + checkDelay("reset", "delayMs", delayMs));
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
    this.#scheduled = this.#clock.schedule(Math.max(0, dueMs - this.#clock.nowMs()), () => this.#fire());
  }

  #fire(): void {
    this.#state = "done";
    this.#owner.done();
    this.#owner.fire();
  }

  #checkPending(operation: string): void {
    if (this.#state === "done") throw new StateError("ERR_CALL_DONE", operation);
    if (this.#state === "cancelled") throw new StateError("ERR_CALL_CANCELLED", operation);
  }
}
