/** Memberships in groups, and their sources (RFC 3376, RFC 3810), as the kernel keeps them per socket and per interface. */
import type { IpAddress } from "../address/ip-address.js";

/** One group that a socket has joined on one interface. */
export class Membership {
  readonly group: IpAddress;
  readonly interfaceIndex: number;
  /** exclude: all senders but `sources`; include: only them. */
  mode: "exclude" | "include";
  /** undefined until a source was named; then the mode can no longer change (`ip_mc_source` of net/ipv4/igmp.c). */
  sources: Set<string> | undefined;

  constructor(group: IpAddress, interfaceIndex: number, mode: "exclude" | "include") {
    this.group = group;
    this.interfaceIndex = interfaceIndex;
    this.mode = mode;
  }

  allows(source: string): boolean {
    return (this.mode === "include") === (this.sources?.has(source) ?? false);
  }

  /** Whether it takes the group from every sender. */
  get isOpen(): boolean {
    return this.mode === "exclude" && (this.sources === undefined || this.sources.size === 0);
  }
}

/** All memberships of a host in one group on one interface. */
export class InterfaceGroup {
  readonly #memberships = new Set<Membership>();
  #open = 0;

  get isEmpty(): boolean {
    return this.#memberships.size === 0;
  }

  add(membership: Membership): void {
    this.#memberships.add(membership);
    if (membership.isOpen) this.#open += 1;
  }

  /** Called before a membership changes, and when it ends. */
  delete(membership: Membership): void {
    if (this.#memberships.delete(membership) && membership.isOpen) this.#open -= 1;
  }

  /** Whether anybody on the host wants the group from `source` (`ip_check_mc_rcu` of net/ipv4/igmp.c). */
  accepts(source: string): boolean {
    if (this.#open > 0) return true;
    for (const membership of this.#memberships) if (membership.allows(source)) return true;
    return false;
  }
}
