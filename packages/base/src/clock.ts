/**
 * Time, as the reactor needs it: the system's in production, a `ManualClock` in tests.
 *
 * Monotonic: setting the wall clock moves nothing.
 */
export interface Clock {
  /** Returns milliseconds since an arbitrary moment; fractions allowed; never decreases. */
  nowMs(): number;
  /** Calls `fn` once, `delayMs` from now or later, never from inside this call. */
  schedule(delayMs: number, fn: () => void): ScheduledCall;
  /** Keeps the process alive, if this clock can, until the returned function is called. */
  hold(): () => void;
}

/** A call that a {@link Clock} will make. */
export interface ScheduledCall {
  /** Takes the call back; does nothing once it has been made. */
  cancel(): void;
  /** Lets the process end while the call is pending; a clock that keeps no process alive need not have it. */
  unref?(): void;
}
