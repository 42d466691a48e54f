import { readFileSync } from "node:fs";

const BITS: Readonly<Record<string, bigint>> = { CAP_NET_BIND_SERVICE: 10n, CAP_NET_RAW: 13n }; // linux/capability.h

/**
 * Returns whether this process has a Linux capability, such as `"CAP_NET_RAW"`, in its own user namespace: capabilities(7).
 *
 * Elsewhere than on Linux: whether it runs as root.
 */
export function hasPrivilege(name: string): boolean {
  if (process.platform !== "linux") return process.getuid?.() === 0;
  const bit = BITS[name];
  if (bit === undefined) throw new RangeError(`No option of the table needs ${name}`);
  return ((privileges() >> bit) & 1n) === 1n;
}

/** Returns the effective capabilities of this process, as a set of bits: proc_pid_status(5). */
export function privileges(): bigint {
  const [, hex = "0"] = /^CapEff:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return BigInt(`0x${hex}`);
}
