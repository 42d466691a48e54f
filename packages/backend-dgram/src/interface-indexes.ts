import { readFileSync } from "node:fs";
import type { NetworkInterfaceInfo } from "node:os";

/** Whether the index of every interface can be told on this platform. */
export const KNOWS_INTERFACE_INDEXES: boolean = process.platform === "linux";

// "4	eth0      :     1      V3", a line for each interface that is up; the groups below it begin with tabs (igmp_mc_seq_show(), net/ipv4/igmp.c).
// A name of ten characters or more has no space before its colon, and no name contains one (dev_valid_name(), net/core/dev.c).
const INTERFACE_LINE = /^(\d+)\t([^\s:]+)/gm;

/**
 * Index by name, of the interfaces that are up in this network namespace. Node does not tell it, and without it an interface that was
 * deleted and created again between two looks seems to be the old one. Empty where there is no procfs.
 */
export function interfaceIndexes(): ReadonlyMap<string, number> {
  const indexes = new Map<string, number>();
  if (!KNOWS_INTERFACE_INDEXES) return indexes;
  for (const [, index, name] of readTable().matchAll(INTERFACE_LINE)) indexes.set(name as string, Number(index));
  return indexes;
}

/** The scope id of a link-local address is the index of its interface (RFC 4007, section 11); 0 if there is none. */
export function indexOfScope(entries: readonly NetworkInterfaceInfo[]): number {
  return Math.max(0, ...entries.map((entry) => (entry.family === "IPv6" ? entry.scopeid : 0)));
}

function readTable(): string {
  try {
    return readFileSync("/proc/net/igmp", "latin1");
  } catch {
    return ""; // a container without procfs: as on other platforms
  }
}
