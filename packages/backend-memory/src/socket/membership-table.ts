/**
 * The groups a socket has joined: `ip_mc_join_group`, `ip_mc_leave_group`, `ip_mc_source` of net/ipv4/igmp.c and their twins of
 * net/ipv6/mcast.c, errno by errno (measured on Linux 6.18, both IP versions).
 */
import type { Family, Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { IpAddress } from "../address/ip-address.js";
import type { GroupFilter } from "../host/endpoint.js";
import type { HostLimits } from "../host/host-limits.js";
import type { HostRouting } from "../host/host-routing.js";
import type { InterfaceTable } from "../host/interface-table.js";
import { Membership } from "../host/membership.js";
import type { SocketOptions } from "./socket-options.js";

const NOWHERE = -1; // no interface's index

/** One change to the sources of a membership. */
export interface SourceChange {
  readonly mode: "exclude" | "include";
  readonly change: "add" | "delete";
  readonly source: IpAddress;
}

/** Parts of a host that memberships depend on. */
export interface MembershipHost {
  readonly interfaces: InterfaceTable;
  readonly routing: HostRouting;
  readonly limits: HostLimits;
}

export class MembershipTable implements GroupFilter {
  readonly #interfaces: InterfaceTable;
  readonly #routing: HostRouting;
  readonly #limits: HostLimits;
  readonly #family: Family;
  readonly #options: SocketOptions;
  readonly #byGroup = new Map<string, readonly Membership[]>(); // the newest first, as in the kernel's lists
  #count = 0;

  constructor({ interfaces, routing, limits }: MembershipHost, family: Family, options: SocketOptions) {
    this.#interfaces = interfaces;
    this.#routing = routing;
    this.#limits = limits;
    this.#family = family;
    this.#options = options;
  }

  /** @param interfaceIndex - undefined, here and below: the interface that the route to the group names. */
  join(group: IpAddress, interfaceIndex: number | undefined, source: IpAddress | undefined): Outcome {
    if (group.kind !== "multicast" || group.family !== this.#family) return ERRNO.EINVAL;
    // Without an interface IPv6 refuses a group that is joined on any (__ipv6_sock_mc_join).
    const isJoined = interfaceIndex === undefined && this.#family === 6 && this.#byGroup.has(group.text);
    const mode = source === undefined ? "exclude" : "include";
    const outcome = isJoined ? ERRNO.EADDRINUSE : this.#add(group, interfaceIndex ?? this.#routed(group), mode);
    if (source === undefined || (outcome < 0 && outcome !== ERRNO.EADDRINUSE)) return outcome;
    return this.changeSource(group, interfaceIndex, { mode: "include", change: "add", source });
  }

  leave(group: IpAddress, interfaceIndex: number | undefined): Outcome {
    const chosenIndex = interfaceIndex ?? this.#routed(group);
    if (this.#family === 4 && chosenIndex === NOWHERE) return ERRNO.ENODEV;
    const membership = this.#meant(group, interfaceIndex, chosenIndex);
    if (membership === undefined) return ERRNO.EADDRNOTAVAIL;
    this.#delete(membership);
    return 0;
  }

  changeSource(group: IpAddress, interfaceIndex: number | undefined, { mode, change, source }: SourceChange): Outcome {
    const chosenIndex = interfaceIndex ?? this.#routed(group);
    if (this.#interfaces.withIndex(chosenIndex) === undefined) return ERRNO.ENODEV;
    const membership = this.#meant(group, interfaceIndex, chosenIndex);
    if (membership === undefined) return ERRNO.EINVAL;
    if (membership.sources !== undefined && membership.mode !== mode) return ERRNO.EINVAL;
    // The mode changes even if what follows fails: so does the kernel's.
    if (membership.mode !== mode) this.#alter(membership, () => setMode(membership, mode));
    return change === "add" ? this.#addSource(membership, source) : this.#deleteSource(membership, source);
  }

  /** Whether a datagram to `group` is for this socket (`ip_mc_sf_allow`, `inet6_mc_check`): IPv6 does not ask for the interface. */
  allows(group: IpAddress, source: IpAddress, interfaceIndex: number): boolean {
    const joined = this.#byGroup.get(group.text);
    const membership = this.#family === 6 ? joined?.[0] : joined?.find((each) => each.interfaceIndex === interfaceIndex);
    return membership === undefined ? this.#options.values.multicastAll === 1 : membership.allows(source.text);
  }

  /** Leaves everything. */
  clear(): void {
    for (const joined of [...this.#byGroup.values()]) for (const membership of joined) this.#delete(membership);
  }

  #add(group: IpAddress, interfaceIndex: number, mode: "exclude" | "include"): Outcome {
    const joined = this.#byGroup.get(group.text) ?? [];
    const target = this.#interfaces.withIndex(interfaceIndex);
    if (target === undefined && this.#family === 4) return ERRNO.ENODEV;
    if (joined.some((each) => each.interfaceIndex === interfaceIndex)) return ERRNO.EADDRINUSE;
    if (target === undefined) return ERRNO.ENODEV;
    const { maxMemberships, maxMembershipsIpv6 } = this.#limits;
    if (this.#count >= (this.#family === 4 ? maxMemberships : maxMembershipsIpv6)) return this.#family === 4 ? ERRNO.ENOBUFS : ERRNO.ENOMEM;
    const membership = new Membership(group, interfaceIndex, mode);
    this.#byGroup.set(group.text, [membership, ...joined]);
    this.#count += 1;
    target.addMembership(membership);
    return 0;
  }

  #addSource(membership: Membership, source: IpAddress): Outcome {
    const { maxSources, maxSourcesIpv6 } = this.#limits;
    const sources = membership.sources ?? new Set();
    if (sources.size >= (this.#family === 4 ? maxSources : maxSourcesIpv6)) return ERRNO.ENOBUFS;
    if (sources.has(source.text)) return ERRNO.EADDRNOTAVAIL;
    this.#alter(membership, () => {
      membership.sources = sources.add(source.text);
    });
    return 0;
  }

  #deleteSource(membership: Membership, source: IpAddress): Outcome {
    const { sources, mode } = membership;
    if (sources?.has(source.text) !== true) return ERRNO.EADDRNOTAVAIL;
    if (mode === "include" && sources.size === 1)
      this.#delete(membership); // no source left: that is leaving
    else this.#alter(membership, () => sources.delete(source.text));
    return 0;
  }

  /** Changes a membership, and the sum of all on its interface. */
  #alter(membership: Membership, change: () => void): void {
    const group = this.#interfaces.withIndex(membership.interfaceIndex)?.groupOf(membership);
    group?.delete(membership);
    change();
    group?.add(membership);
  }

  #delete(membership: Membership): void {
    const { group, interfaceIndex } = membership;
    const rest = (this.#byGroup.get(group.text) ?? []).filter((each) => each !== membership);
    if (rest.length === 0) this.#byGroup.delete(group.text);
    else this.#byGroup.set(group.text, rest);
    this.#count -= 1;
    this.#interfaces.withIndex(interfaceIndex)?.deleteMembership(membership);
  }

  /** Returns the membership that a call means: IPv6 without an interface means the newest, on whichever it is (`__ipv6_sock_mc_drop`, `ip6_mc_source`). */
  #meant(group: IpAddress, interfaceIndex: number | undefined, chosenIndex: number): Membership | undefined {
    return interfaceIndex === undefined && this.#family === 6 ? this.#byGroup.get(group.text)?.[0] : this.#find(group, chosenIndex);
  }

  #routed(group: IpAddress): number {
    const route = this.#routing.find({ destination: group, source: undefined, interfaceIndex: 0 });
    return typeof route === "number" ? NOWHERE : route.egress.index;
  }

  #find(group: IpAddress, interfaceIndex: number): Membership | undefined {
    return this.#byGroup.get(group.text)?.find((each) => each.interfaceIndex === interfaceIndex);
  }
}

function setMode(membership: Membership, mode: "exclude" | "include"): void {
  membership.mode = mode;
}
