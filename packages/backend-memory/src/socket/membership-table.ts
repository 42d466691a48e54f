/**
 * The groups a socket has joined: `ip_mc_join_group`, `ip_mc_leave_group`, `ip_mc_source` of net/ipv4/igmp.c and their twins of
 * net/ipv6/mcast.c, errno by errno (measured on Linux 6.18, both IP versions).
 */

import type { Family, Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { IpAddress } from "../address/ip-address.js";
import type { HostStack } from "../host/host-stack.js";
import { Membership } from "../host/membership.js";
import type { SocketOptions } from "./socket-options.js";

const NOWHERE = -1; // no interface's index

/** One change to the sources of a membership. */
export interface SourceChange {
  readonly mode: "exclude" | "include";
  readonly change: "add" | "delete";
  readonly source: IpAddress;
}

export class MembershipTable {
  readonly #stack: HostStack;
  readonly #family: Family;
  readonly #options: SocketOptions;
  readonly #byGroup = new Map<string, readonly Membership[]>(); // the newest first, as in the kernel's lists
  #count = 0;

  constructor(stack: HostStack, family: Family, options: SocketOptions) {
    this.#stack = stack;
    this.#family = family;
    this.#options = options;
  }

  /** @param at - Index of an interface; undefined, here and in {@link leave}: the one the route to the group names. */
  join(group: IpAddress, at: number | undefined, source: IpAddress | undefined): Outcome {
    if (group.kind !== "multicast" || group.family !== this.#family) return ERRNO.EINVAL;
    // Without an interface IPv6 refuses a group that is joined on any (__ipv6_sock_mc_join).
    const isJoined = at === undefined && this.#family === 6 && this.#byGroup.has(group.text);
    const mode = source === undefined ? "exclude" : "include";
    const outcome = isJoined ? ERRNO.EADDRINUSE : this.#add(group, at ?? this.#routed(group), mode);
    if (source === undefined || (outcome < 0 && outcome !== ERRNO.EADDRINUSE)) return outcome;
    return this.changeSource(group, at, { mode: "include", change: "add", source });
  }

  leave(group: IpAddress, at: number | undefined): Outcome {
    const interfaceIndex = at ?? this.#routed(group);
    if (this.#family === 4 && interfaceIndex === NOWHERE) return ERRNO.ENODEV;
    const membership = this.#meant(group, at, interfaceIndex);
    if (membership === undefined) return ERRNO.EADDRNOTAVAIL;
    this.#delete(membership);
    return 0;
  }

  changeSource(group: IpAddress, at: number | undefined, { mode, change, source }: SourceChange): Outcome {
    const interfaceIndex = at ?? this.#routed(group);
    if (this.#stack.interfaceAt(interfaceIndex) === undefined) return ERRNO.ENODEV;
    const membership = this.#meant(group, at, interfaceIndex);
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
    const out = this.#stack.interfaceAt(interfaceIndex);
    if (out === undefined && this.#family === 4) return ERRNO.ENODEV;
    if (joined.some((each) => each.interfaceIndex === interfaceIndex)) return ERRNO.EADDRINUSE;
    if (out === undefined) return ERRNO.ENODEV;
    const { maxMemberships, maxMembershipsIpv6 } = this.#stack.limits;
    if (this.#count >= (this.#family === 4 ? maxMemberships : maxMembershipsIpv6)) return this.#family === 4 ? ERRNO.ENOBUFS : ERRNO.ENOMEM;
    const membership = new Membership(group, interfaceIndex, mode);
    this.#byGroup.set(group.text, [membership, ...joined]);
    this.#count += 1;
    out.addMembership(membership);
    return 0;
  }

  #addSource(membership: Membership, source: IpAddress): Outcome {
    const { maxSources, maxSourcesIpv6 } = this.#stack.limits;
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
      this.#delete(membership); // nobody left to hear: that is leaving
    else this.#alter(membership, () => sources.delete(source.text));
    return 0;
  }

  /** Changes a membership, so that its interface knows. */
  #alter(membership: Membership, change: () => void): void {
    const out = this.#stack.interfaceAt(membership.interfaceIndex);
    const group = out?.groupOf(membership);
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
    this.#stack.interfaceAt(interfaceIndex)?.deleteMembership(membership);
  }

  /** Without an interface, IPv6 means the newest membership of the group, on whichever it is (`__ipv6_sock_mc_drop`, `ip6_mc_source`). */
  #meant(group: IpAddress, at: number | undefined, interfaceIndex: number): Membership | undefined {
    return at === undefined && this.#family === 6 ? this.#byGroup.get(group.text)?.[0] : this.#find(group, interfaceIndex);
  }

  #routed(group: IpAddress): number {
    const route = this.#stack.route({ destination: group, source: undefined, interfaceIndex: 0 });
    return typeof route === "number" ? NOWHERE : route.out.index;
  }

  #find(group: IpAddress, interfaceIndex: number): Membership | undefined {
    return this.#byGroup.get(group.text)?.find((each) => each.interfaceIndex === interfaceIndex);
  }
}

function setMode(membership: Membership, mode: "exclude" | "include"): void {
  membership.mode = mode;
}
