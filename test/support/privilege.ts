// Linux capabilities of this process, and programs without any: what an ordinary user is to the kernel (capabilities(7)).
import { readFileSync } from "node:fs";

const BITS: Readonly<Record<string, bigint>> = { CAP_NET_BIND_SERVICE: 10n, CAP_NET_RAW: 13n }; // linux/capability.h
const WITHOUT_ANY = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]; // what root gets at exec is within the bounding set

/** Tells whether this process has a capability, in its own user namespace. Elsewhere than on Linux: whether it runs as root. */
export function hasPrivilege(name: string): boolean {
  if (process.platform !== "linux") return process.getuid?.() === 0;
  const bit = BITS[name];
  if (bit === undefined) throw new RangeError(`${name} is not in the table of privilege.ts`);
  return ((effective() >> bit) & 1n) === 1n;
}

/** Returns the command line that runs a program without capabilities. */
export function unprivileged(command: readonly string[]): readonly string[] {
  return effective() === 0n ? command : [...WITHOUT_ANY, ...command];
}

function effective(): bigint {
  const [, hex = "0"] = /^CapEff:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return BigInt(`0x${hex}`);
}
