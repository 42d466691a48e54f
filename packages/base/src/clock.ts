/**
 * Source of time for a reactor: {@link systemClock} in production, a `ManualClock` in tests.
 *
 * Monotonic: setting the wall clock has no effect on it.
 */
export interface Clock {
  /** Returns the milliseconds since an arbitrary moment. May be fractional; never decreases. */
  nowMs(): number;
  /** Calls `fn` once, `delayMs` from now or later, never from inside this call. */
  schedule(delayMs: number, fn: () => void): ScheduledCall;
  /** Keeps the process alive until the returned function is called. Has no effect on a clock that cannot do that. */
  hold(): () => void;
}

/** A call that a {@link Clock} will make. */
export interface ScheduledCall {
  /** Cancels the call; does nothing once it has been made. */
  cancel(): void;
  /** Lets the process end while the call is pending; a clock that keeps no process alive need not have it. */
  unref?(): void;
}
