/** The UDP sockets of a host as ports of a sample. */
import { familyOf, isMulticast } from "@groupcast/backend";
import type { HostProcess, UDPSocket } from "@groupcast/diagnosis";
import type { Rates } from "../rates.js";
import type { GroupSample, PortSample } from "../sample.js";

const MOST_GROUPS = 8; // of one port: a thousand sockets that each may have joined a thousand groups are a million names

/** Facts that the ports of one sample share. */
export interface PortFacts {
  /** Groups that the host has joined. */
  readonly groups: readonly GroupSample[];
  /** Map of inode → process. */
  readonly owners: ReadonlyMap<number, HostProcess | undefined>;
  /** Rates of counters. */
  readonly rates: Rates;
}

/** Returns sockets as ports. Those without a port number receive nothing, and are left out. */
export function hostPorts(sockets: readonly UDPSocket[], { groups, owners, rates }: PortFacts): readonly PortSample[] {
  const bound = sockets.filter(({ port }) => port !== 0);
  const open = openGroups(bound, groups);
  return bound.map((socket) => {
    const { address, port, uid, inode, queuedBytes, drops } = socket;
    const owner = owners.get(inode);
    const id = `socket ${inode} ${address} ${port}`;
    return {
      id,
      address,
      port,
      uid,
      ...(owner === undefined ? {} : { pid: owner.pid, program: owner.name }),
      ...membershipOf(socket, open),
      queuedBytes,
      drops,
      dropsPerSecond: rates.of(id, drops),
    };
  });
}

interface OpenGroups {
  readonly names: Readonly<Record<4 | 6, readonly string[]>>;
  readonly counts: Readonly<Record<4 | 6, number>>;
}

/** Groups that a socket on every address may have joined: those with more members than sockets that are bound to them. */
function openGroups(sockets: readonly UDPSocket[], groups: readonly GroupSample[]): OpenGroups {
  const boundTo = new Map<string, number>();
  for (const { address } of sockets) boundTo.set(address, (boundTo.get(address) ?? 0) + 1);
  const users = new Map<string, number>();
  for (const { group, users: count } of groups) users.set(group, Math.max(users.get(group) ?? 0, count));
  const open = [...users].filter(([group, count]) => count > (boundTo.get(group) ?? 0)).map(([group]) => group);
  const of = (family: 4 | 6) => open.filter((group) => familyOf(group) === family);
  const [ipv4, ipv6] = [of(4), of(6)];
  return { names: { 4: ipv4.slice(0, MOST_GROUPS), 6: ipv6.slice(0, MOST_GROUPS) }, counts: { 4: ipv4.length, 6: ipv6.length } };
}

/** A socket that is bound to a group receives nothing else. */
function membershipOf({ address }: UDPSocket, { names, counts }: OpenGroups): Pick<PortSample, "groups" | "groupCount" | "isMember"> {
  if (isMulticast(address)) return { groups: [address], groupCount: 1, isMember: true };
  if (address === "0.0.0.0") return { groups: names[4], groupCount: counts[4], isMember: false };
  if (address !== "::") return { groups: [], groupCount: 0, isMember: false };
  const both = [...names[4], ...names[6]].slice(0, MOST_GROUPS); // one on :: may receive IPv4, too
  return { groups: both, groupCount: counts[4] + counts[6], isMember: false };
}
