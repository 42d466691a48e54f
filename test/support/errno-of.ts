import { ERRNO, type ErrnoName } from "@groupcast/base";

/** Returns the errno of a name that a table of a test gives as text. */
export function errnoOf(name: string): number {
  const errno = ERRNO[name as ErrnoName];
  if (errno === undefined) throw new RangeError(`libuv has no error named ${JSON.stringify(name)}`);
  return errno;
}
