/**
 * The sockets that hold a port's memberships.
 *
 * Theory of operation: Linux lets one socket be a member 20 times (net.ipv4.igmp_max_memberships; for IPv6 net.core.optmem_max bounds
 * the memory). At the limit, a further socket is bound to the same number; users do not see it. All sockets of a number need SO_REUSEADDR
 * at the moment another one is bound (udp_lib_lport_inuse(), net/ipv4/udp.c), and only then: it is taken away again from all of them, so
 * the number stays closed to other programs. Unicast goes to the socket bound last, so every socket is read.
 */

import type { DatagramSocket, Family, NetworkInterface, Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { ArrivalFilter } from "../receiving/arrival-filter.js";

const OK = 0;

/** Errnos of a socket that has all the memberships it may have: ip_mc_join_group(), sock_kmalloc() in ipv6_sock_mc_join(). */
export const MEMBERSHIP_LIMITS: ReadonlySet<Outcome> = new Set([ERRNO.ENOBUFS, ERRNO.ENOMEM]);

/** A socket that may hold memberships. */
export interface MemberSocket {
  readonly socket: DatagramSocket;
  /** Filter that lets in the datagrams of the memberships; absent where the kernel keeps foreign datagrams out. */
  filter: ArrivalFilter | undefined;
  /** Whether the OS refused a further membership; cleared when one is left. */
  isFull: boolean;
}

/** The sockets of a port, as memberships need them. */
export interface MemberSockets {
  /** Every socket, the first one first. */
  readonly all: readonly MemberSocket[];
  /** IP version of the sockets. */
  readonly family: Family;
  /** Opens a socket beside the others, on the same address and number. */
  openFurther(): MemberSocket | Outcome;
  /** Closes a further socket that is not needed. */
  closeFurther(further: MemberSocket): void;
  /** Returns whether the socket receives datagrams that its port should not have. */
  needsFilter(member: MemberSocket): boolean;
  /** Makes the filter of a socket, which lets in no multicast yet. */
  filterFor(member: MemberSocket): ArrivalFilter;
}

/** One membership in the kernel. */
export interface Joined {
  /** Interface of the membership; undefined: the one that the kernel's route to the group names. */
  readonly iface: NetworkInterface | undefined;
  /** Socket that holds the membership. */
  readonly member: MemberSocket;
}

/** A way to leave a membership. */
export interface Search {
  /** Interfaces to leave on, in this order; undefined: the one that the kernel would choose now. */
  readonly ways: readonly (NetworkInterface | undefined)[];
  /** Number of ways that have to succeed. */
  readonly times: number;
  /** Whether none has to, as another wish may have the same membership in the kernel. */
  readonly mayFail: boolean;
}

/** Joins and leaves groups on the sockets of a port. */
export class MembershipSockets {
  readonly #sockets: MemberSockets;
  #leadingFull = 0; // how many sockets before the first with room are known to be full

  /** Opens nothing yet. */
  constructor(sockets: MemberSockets) {
    this.#sockets = sockets;
  }

  /** Joins on the first socket that has room. */
  join(group: string, iface: NetworkInterface | undefined, source: string | undefined): Joined | Outcome {
    const { all } = this.#sockets;
    const asked: MemberSocket[] = [];
    const outcome = this.#joinOneOf(this.#withRoom(asked), group, iface, source);
    if (typeof outcome !== "number" || !MEMBERSHIP_LIMITS.has(outcome)) return outcome;
    const further = this.#sockets.openFurther();
    // Without a further socket, the full ones are asked again: the limit may have been raised.
    if (typeof further === "number") {
      const full = all.filter((member) => !asked.includes(member));
      return full.length > 0 ? this.#joinOneOf(full, group, iface, source) : outcome;
    }
    const joined = this.#joinOneOf([further], group, iface, source);
    if (typeof joined === "number") this.#sockets.closeFurther(further);
    return joined;
  }

  /**
   * Joins again where the kernel chose the interface, since that interface may be gone. IPv4 refuses a second join while it exists. IPv6
   * refuses it in any case (__ipv6_sock_mc_join(), net/ipv6/mcast.c), so the group is left first; whether it has moved is then unknown.
   * So it is not where the socket is a member of the group on a named interface, too: IPv6 might leave that one, and refuse the join then.
   */
  renew(group: string, { iface, member }: Joined, source: string | undefined, isAlone: boolean): "unchanged" | "moved" | "lost" {
    if (this.#sockets.family === 4) return member.socket.join(group, iface, source) >= 0 ? "moved" : "unchanged";
    if (!isAlone) return "unchanged";
    member.socket.leave(group, iface, source);
    return member.socket.join(group, iface, source) >= 0 ? "unchanged" : "lost";
  }

  /** Leaves. `search`: where the kernel chose the interface. */
  leave(group: string, { iface, member }: Joined, source: string | undefined, search?: Search): Outcome {
    const outcome = search === undefined ? member.socket.leave(group, iface, source) : leaveFound(group, member.socket, source, search);
    member.isFull = false;
    this.#leadingFull = 0;
    if (iface !== undefined) member.filter?.drop(group, iface.index, source);
    return outcome;
  }

  /** Shuts `source` out of one membership. */
  block(group: string, { iface, member }: Joined, source: string): Outcome {
    const outcome = member.socket.blockSource(group, iface!, source);
    if (outcome >= 0) member.filter?.add(group, iface!.index, { isAnySource: true, sender: source });
    return outcome;
  }

  /** Undoes one `block`. */
  unblock(group: string, { iface, member }: Joined, source: string): Outcome {
    const outcome = member.socket.unblockSource(group, iface!, source);
    if (outcome >= 0) member.filter?.ruleFor(group, iface!.index, true).senders?.delete(source);
    return outcome;
  }

  /**
   * Yields the sockets that have room, and adds each to `asked`. Looks at no more of them than the join needs: ten thousand memberships
   * have five hundred sockets, and after an interface was lost each of these has room.
   */
  *#withRoom(asked: MemberSocket[]): Generator<MemberSocket, void> {
    const { all } = this.#sockets; // this array never changes: a further socket makes another one
    while (all[this.#leadingFull]?.isFull) this.#leadingFull++;
    for (let i = this.#leadingFull; i < all.length; i++) {
      const member = all[i]!;
      if (member.isFull) continue;
      asked.push(member);
      yield member;
    }
  }

  #joinOneOf(
    sockets: Iterable<MemberSocket>,
    group: string,
    iface: NetworkInterface | undefined,
    source: string | undefined,
  ): Joined | Outcome {
    let outcome: Outcome = ERRNO.ENOBUFS;
    for (const member of sockets) {
      outcome = this.#joinOn(member, group, iface, source);
      if (outcome >= 0) return { iface, member };
      if (!MEMBERSHIP_LIMITS.has(outcome)) return outcome;
      member.isFull = source === undefined; // a source may be one too many for its group while other groups still have room
    }
    return outcome;
  }

  #joinOn(member: MemberSocket, group: string, iface: NetworkInterface | undefined, source: string | undefined): Outcome {
    this.#startFilter(member, iface);
    const outcome = member.socket.join(group, iface, source);
    if (iface === undefined || (outcome < 0 && outcome !== ERRNO.EADDRINUSE)) return outcome;
    // EADDRINUSE: the kernel has it already, of an adopted socket or on an interface that the backend did not list while it was down.
    if (source === undefined) member.filter?.ruleFor(group, iface.index, true);
    else member.filter?.add(group, iface.index, { isAnySource: false, sender: source });
    return OK;
  }

  /** Starts the filter with the first membership: it needs destination and interface of each datagram. */
  #startFilter(member: MemberSocket, iface: NetworkInterface | undefined): void {
    if (member.filter !== undefined || iface === undefined || !this.#sockets.needsFilter(member)) return;
    member.socket.setOption("receivePacketInfo", 1);
    member.filter = this.#sockets.filterFor(member);
  }
}

function leaveFound(group: string, socket: DatagramSocket, source: string | undefined, { ways, times, mayFail }: Search): Outcome {
  let left = 0;
  let refusal = OK;
  for (const way of ways) {
    if (left === times) break;
    const outcome = socket.leave(group, way, source);
    if (outcome >= 0) left++;
    else if (refusal === OK) refusal = outcome;
  }
  return left > 0 || mayFail ? OK : refusal;
}
