import { getSystemErrorMap } from "node:util";

const byName = new Map<string, number>();
for (const [errno, [name]] of getSystemErrorMap()) byName.set(name, errno);

/**
 * The errno that this platform gives `name`, with libuv's sign: `errnoOf("EAGAIN")` is -11 on Linux.
 *
 * Source: `util.getSystemErrorMap()`, which is libuv's own table.
 */
export function errnoOf(name: string): number {
  const errno = byName.get(name);
  if (errno === undefined) throw new RangeError(`libuv has no error named ${JSON.stringify(name)}`);
  return errno;
}

/** The name of a negative errno: `"EADDRINUSE"`; `"errno 4095"` where libuv has none. */
export function errnoName(errno: number): string {
  return getSystemErrorMap().get(errno)?.[0] ?? `errno ${-errno}`;
}

/** What the platform says about a negative errno: `"address already in use"`. */
export function errnoText(errno: number): string {
  return getSystemErrorMap().get(errno)?.[1] ?? "unknown error";
}
