import type { Outcome } from "@groupcast/backend";

/**
 * Returns the errno that an error of Node carries (negative, libuv's sign), or `undefined` if it carries none.
 *
 * Every refusal of the kernel has one; a refusal of Node itself (a wrong type of argument) has only a `code`. `os.networkInterfaces()`
 * reports the errno of getifaddrs(3) with a positive sign (`uv_interface_addresses` in libuv; seen on Node 20.20).
 */
export function errnoOfError(error: unknown): number | undefined {
  const errno = error instanceof Error ? (error as NodeJS.ErrnoException).errno : undefined;
  return typeof errno === "number" && errno !== 0 ? -Math.abs(errno) : undefined;
}

/** Returns what `ask` returns, or the errno of what it throws. Errors without an errno are bugs, and pass through. */
export function answerOf<T>(ask: () => T): T | Outcome {
  try {
    return ask();
  } catch (error) {
    const errno = errnoOfError(error);
    if (errno === undefined) throw error;
    return errno;
  }
}

/** Makes a call that throws what the kernel refuses, and returns 0 or the errno, as {@link answerOf}. */
export function outcomeOf(call: () => unknown): Outcome {
  return answerOf(() => {
    call();
    return 0;
  });
}
