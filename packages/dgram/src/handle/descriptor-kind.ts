import { fstatSync, type Stats } from "node:fs";
import { isatty } from "node:tty";

/** Kinds of descriptors that are no sockets, by libuv's names and rules (uv_guess_handle). */
const KINDS: readonly (readonly [is: (stats: Stats, fd: number) => boolean, kind: string])[] = [
  [(stats, fd) => stats.isCharacterDevice() && isatty(fd), "TTY"],
  [(stats) => stats.isFile() || stats.isCharacterDevice(), "FILE"],
  [(stats) => stats.isFIFO(), "PIPE"],
];

/** Returns what `fd` is, in Node's words; `"UDP"` for every socket: adopting it shows whether it is one of UDP. */
export function descriptorKind(fd: number): string {
  const stats = statsOf(fd);
  if (stats === undefined) return "UNKNOWN";
  if (stats.isSocket()) return "UDP";
  return KINDS.find(([is]) => is(stats, fd))?.[1] ?? "UNKNOWN";
}

function statsOf(fd: number): Stats | undefined {
  try {
    return fstatSync(fd);
  } catch {
    return undefined; // not open
  }
}
