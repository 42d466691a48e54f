/** The groups that this host has joined: /proc/net/igmp and /proc/net/igmp6. */
import type { Family } from "@groupcast/backend";
import { FormError, type HostFiles, parsed, type Reading } from "../host-files.js";
import { decimal, fieldsOf, linesOf } from "./fields.js";
import { hostOrderIPv4, networkOrderIPv6 } from "./hex-address.js";

/** A membership of the kernel: one group on one interface, whoever asked for it. */
export interface KernelMembership {
  /** Name of the interface. */
  readonly interface: string;
  /** Index of the interface. */
  readonly interfaceIndex: number;
  /** IP literal of the group. */
  readonly group: string;
  /** Number of sockets that joined, the kernel itself included. */
  readonly users: number;
  /** Version of IGMP that the interface speaks, as the kernel names it: `"V2"` means that an old querier was heard. IPv4 only. */
  readonly igmpVersion?: string;
}

/** Map of family → file. `self`: of the network namespace of this process, also where /proc/net is of another thread's. */
export const MEMBERSHIP_FILES: Readonly<Record<Family, string>> = { 4: "/proc/self/net/igmp", 6: "/proc/self/net/igmp6" };

/** Reads the memberships of one family. */
export function readMemberships(files: HostFiles, family: Family): Reading<readonly KernelMembership[]> {
  const path = MEMBERSHIP_FILES[family];
  return parsed(path, files.read(path), family === 4 ? parseIGMP : parseIGMP6);
}

/** The format is `igmp_mc_seq_show` of net/ipv4/igmp.c: a line for each interface, then a line for each of its groups. */
function parseIGMP(text: string): KernelMembership[] {
  const memberships: KernelMembership[] = [];
  let at: Pick<KernelMembership, "interface" | "interfaceIndex" | "igmpVersion"> | undefined;
  for (const line of linesOf(text).slice(1)) {
    if (!/^\s/.test(line)) {
      const [, index, name, version] = /^(\d+)\s+(\S+)\s*:\s*\d+\s+(\S+)/.exec(line) ?? [];
      if (name === undefined) throw new FormError(`the line ${JSON.stringify(line.slice(0, 60))} names no interface`);
      at = { interface: name, interfaceIndex: decimal(index), igmpVersion: version! };
      continue;
    }
    if (at === undefined) throw new FormError("a group stands before any interface");
    const [group, users] = fieldsOf(line, 2);
    memberships.push({ ...at, group: hostOrderIPv4(group!), users: decimal(users) });
  }
  return memberships;
}

/** The format is `igmp6_mc_seq_show` of net/ipv6/mcast.c: index, interface, group, users, flags, timer. */
function parseIGMP6(text: string): KernelMembership[] {
  return linesOf(text).map((line) => {
    const [index, name, group, users] = fieldsOf(line, 4);
    return { interface: name!, interfaceIndex: decimal(index), group: networkOrderIPv6(group!), users: decimal(users) };
  });
}
