/**
 * A call that the reactor will make, once. Made by `reactor.callLater`. Twisted: `IDelayedCall`.
 *
 * All methods but {@link DelayedCall.active} and {@link DelayedCall.getTime} throw StateError: `ERR_CALL_DONE` after the call, and
 * `ERR_CALL_CANCELLED` after {@link DelayedCall.cancel}.
 */
export interface DelayedCall {
  /** Cancels the call. @throws StateError `ERR_CALL_DONE`, `ERR_CALL_CANCELLED`. */
  cancel(): void;
  /** Postpones the call until `delayMs` milliseconds from now, 0 or more. @throws InvalidArgumentError, and StateError as cancel. */
  reset(delayMs: number): void;
  /**
   * Moves the call by `delayMs` milliseconds from the time it was due at; a negative number makes it earlier, at the earliest now.
   *
   * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`. @throws StateError as cancel.
   */
  delay(delayMs: number): void;
  /** Returns whether the call is still to come. */
  active(): boolean;
  /** Returns the time at which the call is due, in milliseconds of the reactor's clock; after the call, the time it was due at. */
  getTime(): number;
}
