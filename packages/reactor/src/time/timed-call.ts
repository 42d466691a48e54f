import { type Clock, checkDelay, outOfRange, type ScheduledCall, StateError } from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { DelayedCall } from "./delayed-call.js";

/** Owner of the delayed calls of a reactor. There may be a million of them, so they share it. */
export interface TimedCallOwner {
  readonly clock: Clock;
  /** The call is due: runs `fn`. */
  due(call: DelayedCall, fn: () => void): void;
  /** The call was cancelled. */
  cancelled(call: DelayedCall): void;
}

/** {@link DelayedCall} on the clock of a reactor. */
export class TimedCall implements DelayedCall {
  readonly #owner: TimedCallOwner;
  readonly #fn: () => void;
  #dueMs: number;
  #scheduled: ScheduledCall;
  #state: "pending" | "done" | "cancelled" = "pending";

  /** Schedules the call. */
  constructor(owner: TimedCallOwner, delayMs: number, fn: () => void) {
    this.#owner = owner;
    this.#fn = fn;
    this.#dueMs = owner.clock.nowMs() + delayMs;
    this.#scheduled = owner.clock.schedule(delayMs, () => this.#fire());
  }

  cancel(): void {
    this.#checkPending("cancel");
    this.#state = "cancelled";
    this.#owner.cancelled(this); // first: the clock may be user code, and throw
    this.#scheduled.cancel();
  }

  reset(delayMs: number): void {
    this.#checkPending("reset");
    this.#reschedule(this.#owner.clock.nowMs() + checkDelay("reset", "delayMs", delayMs));
  }

  delay(delayMs: number): void {
    this.#checkPending("delay");
    const dueMs = this.#dueMs + checkDelay("delay", "delayMs", delayMs, Number.NEGATIVE_INFINITY);
    if (!Number.isFinite(dueMs)) throw outOfRange("delay", "delayMs", delayMs, "a delay after which the call is due at a finite time");
    this.#reschedule(dueMs);
  }

  active(): boolean {
    return this.#state === "pending";
  }

  getTime(): number {
    return this.#dueMs;
  }

  #reschedule(dueMs: number): void {
    this.#dueMs = dueMs;
    this.#scheduled.cancel();
    const { clock } = this.#owner;
    this.#scheduled = clock.schedule(Math.max(0, dueMs - clock.nowMs()), () => this.#fire());
  }

  /** A clock that calls back twice, or calls what was taken back, makes no second call. */
  #fire(): void {
    if (this.#state !== "pending") return;
    this.#state = "done";
    this.#owner.due(this, this.#fn);
  }

  #checkPending(operation: string): void {
    if (this.#state === "done") throw new StateError(REACTOR_ERRORS.ERR_CALL_DONE, operation);
    if (this.#state === "cancelled") throw new StateError(REACTOR_ERRORS.ERR_CALL_CANCELLED, operation);
  }
}
