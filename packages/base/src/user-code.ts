/** Calls of what users wrote: it may throw, and it may be async and reject. Neither may stop a port. */

/** Calls `call`; hands what it throws, or rejects with, to `onThrow`. */
export function callGuarded(call: () => unknown, onThrow: (error: unknown) => void): void {
  try {
    watchRejection(call(), onThrow);
  } catch (error) {
    onThrow(error);
  }
}

/** Hands to `onThrow` what `result` rejects with, if it is a promise. */
export function watchRejection(result: unknown, onThrow: (error: unknown) => void): void {
  if (isThenable(result)) result.then(undefined, onThrow);
}

/** Tells whether `result` settles later. */
export function isThenable(result: unknown): result is PromiseLike<unknown> {
  return typeof (result as { then?: unknown } | null | undefined)?.then === "function";
}
