/** Guards around user code. It may throw, and it may be async and reject; neither may stop a port. */

/** Calls `call`, and passes an error that it throws or rejects with to `onThrow`. */
export function callGuarded(call: () => unknown, onThrow: (error: unknown) => void): void {
  try {
    watchRejection(call(), onThrow);
  } catch (error) {
    onThrow(error);
  }
}

/** If `result` is a promise, passes the error that it rejects with to `onThrow`. */
export function watchRejection(result: unknown, onThrow: (error: unknown) => void): void {
  if (isThenable(result)) settled(result).then(undefined, onThrow);
}

/** Returns a promise of JavaScript's own for `thenable`, whose `then` may throw, call back twice, or call back at once. */
export function settled(thenable: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve) => resolve(thenable));
}

/** Returns whether `result` is a promise or another thenable. */
export function isThenable(result: unknown): result is PromiseLike<unknown> {
  return typeof (result as { then?: unknown } | null | undefined)?.then === "function";
}
