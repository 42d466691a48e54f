import type { Outcome } from "@groupcast/backend";

/**
 * The errno that an error of dgram carries: negative, libuv's sign; `undefined` if it carries none.
 *
 * Everything the kernel refuses has one; what Node itself refuses (a wrong type of argument) has only a `code`.
 */
export function errnoOfError(error: unknown): number | undefined {
  const errno = error instanceof Error ? (error as NodeJS.ErrnoException).errno : undefined;
  return typeof errno === "number" && errno < 0 ? errno : undefined;
}

/** Makes a call that throws what the kernel refuses. @returns 0, or the errno. Other errors are bugs and pass through. */
export function outcomeOf(call: () => unknown): Outcome {
  try {
    call();
    return 0;
  } catch (error) {
    const errno = errnoOfError(error);
    if (errno === undefined) throw error;
    return errno;
  }
}
