import { readFileSync } from "node:fs";
import type { NetworkInterfaceInfo } from "node:os";

/** Whether this platform reveals the index of every interface. */
export const KNOWS_INTERFACE_INDEXES: boolean = process.platform === "linux";

// "4	eth0      :     1      V3", a line for each interface that is up; the groups below it begin with tabs (igmp_mc_seq_show(), net/ipv4/igmp.c).
// A name of ten characters or more has no space before its colon, and no name contains one (dev_valid_name(), net/core/dev.c).
const INTERFACE_LINE = /^(\d+)\t([^\s:]+)/gm;

/** Codes of a host without procfs, or that hides it (a container, Node's permission model). Without free descriptors the code is another. */
const HAS_NO_TABLE: ReadonlySet<string | undefined> = new Set(["ENOENT", "EACCES", "EPERM", "ERR_ACCESS_DENIED"]);

/**
 * Returns the index of each interface that is up in this network namespace, by name. Node does not reveal it, and without it an interface
 * that was deleted and created again between two looks seems to be the old one. Empty where there is no procfs.
 */
export function interfaceIndexes(): ReadonlyMap<string, number> {
  const indexes = new Map<string, number>();
  if (!KNOWS_INTERFACE_INDEXES) return indexes;
  for (const [, index, name] of readTable().matchAll(INTERFACE_LINE)) indexes.set(name!, Number(index));
  return indexes;
}

/** Returns the scope id of a link-local address, which is the index of its interface (RFC 4007, section 11); 0 if it has none. */
export function indexOfScope(entries: readonly NetworkInterfaceInfo[]): number {
  return Math.max(0, ...entries.map((entry) => (entry.family === "IPv6" ? entry.scopeid : 0)));
}

function readTable(): string {
  try {
    return readFileSync("/proc/net/igmp", "latin1");
  } catch (error) {
    if (!HAS_NO_TABLE.has((error as NodeJS.ErrnoException).code)) throw error;
    return "";
  }
}
