import { constants } from "node:os";
import { isGroupcastError } from "groupcast";

/** 0, or a negative errno: what a call of a handle returns. */
export type Errno = number;

/** Negative errno of an error name, on this platform. */
export const ERRNO: Readonly<Record<keyof typeof constants.errno, Errno>> = Object.fromEntries(
  Object.entries(constants.errno).map(([name, number]) => [name, -number]),
) as Record<keyof typeof constants.errno, Errno>;

/** Map of code → errno, for errors that are not the system's. Others are wrong arguments: EINVAL. */
const ERRNO_OF_CODE: Readonly<Record<string, Errno>> = {
  ERR_ALREADY_JOINED: ERRNO.EADDRINUSE,
  ERR_NOT_JOINED: ERRNO.EADDRNOTAVAIL,
  ERR_CLOSED: ERRNO.ECANCELED,
  ERR_SEND_QUEUE_FULL: ERRNO.ENOBUFS,
  ERR_UNSUPPORTED_OPERATION: ERRNO.ENOTSUP,
  ERR_UNSUPPORTED_OPTION: ERRNO.ENOTSUP,
};

/** Returns the errno that stands for `error`. */
export function errnoOf(error: unknown): Errno {
  if (!isGroupcastError(error)) throw error;
  if ("errno" in error && typeof error.errno === "number") return error.errno;
  return ERRNO_OF_CODE[error.code] ?? ERRNO.EINVAL;
}

/** Calls `call`; returns 0, or the errno that stands for what it threw. */
export function outcomeOf(call: () => unknown): Errno {
  try {
    call();
    return 0;
  } catch (error) {
    return errnoOf(error);
  }
}
