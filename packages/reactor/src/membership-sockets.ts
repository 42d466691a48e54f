/**
 * The sockets that hold a port's memberships.
 *
 * Theory of operation: Linux lets one socket be a member 20 times (net.ipv4.igmp_max_memberships; for IPv6 net.core.optmem_max bounds
 * the memory). When the OS says so, a further socket is bound to the same number, invisibly. All sockets of a number need SO_REUSEADDR
 * at the moment another is bound (udp_lib_lport_inuse(), net/ipv4/udp.c), and only then: it is taken away again from all of them, so the
 * number stays closed to other programs. Unicast goes to the socket bound last, so every socket is read.
 */

import type { NetworkInterface, Outcome } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { ArrivalFilter } from "./arrival-filter.js";
import type { PortSocket } from "./port-socket.js";
import type { PortSockets } from "./port-sockets.js";

const OK = 0;

/** What the OS says when one socket has all the memberships it may have: ip_mc_join_group(), sock_kmalloc() in ipv6_sock_mc_join(). */
export const MEMBERSHIP_LIMITS: ReadonlySet<Outcome> = new Set([ERRNO.ENOBUFS, ERRNO.ENOMEM]);

/** One membership in the kernel. */
export interface Joined {
  readonly at: NetworkInterface | undefined; // undefined: where the kernel's route to the group points
  readonly on: PortSocket;
}

export class MembershipSockets {
  readonly #sockets: PortSockets;

  constructor(sockets: PortSockets) {
    this.#sockets = sockets;
  }

  /** Joins on the first socket that has room. */
  join(group: string, at: NetworkInterface | undefined, source: string | undefined): Joined | Outcome {
    const { all } = this.#sockets;
    const full = all.filter(({ isFull }) => isFull);
    const withRoom = all.filter(({ isFull }) => !isFull);
    const outcome = this.#joinOneOf(withRoom, group, at, source);
    if (typeof outcome !== "number" || !MEMBERSHIP_LIMITS.has(outcome)) return outcome;
    const further = this.#sockets.openFurther();
    // Without it, those that were full are asked again: the limit may have been raised.
    if (typeof further === "number") return full.length > 0 ? this.#joinOneOf(full, group, at, source) : outcome;
    const joined = this.#joinOneOf([further], group, at, source);
    if (typeof joined === "number") this.#sockets.closeFurther(further);
    return joined;
  }

  /**
   * Joins again where the kernel chose the interface, since its choice may be gone. IPv4 refuses a second join while it is not. IPv6
   * refuses it in any case (__ipv6_sock_mc_join(), net/ipv6/mcast.c) and is left first; nobody knows then whether it has moved.
   */
  renew(group: string, { at, on }: Joined, source: string | undefined): "unchanged" | "moved" | "lost" {
    if (this.#sockets.family === 4) return on.socket.join(group, at, source) >= 0 ? "moved" : "unchanged";
    on.socket.leave(group, at, source);
    return on.socket.join(group, at, source) >= 0 ? "unchanged" : "lost";
  }

  leave(group: string, { at, on }: Joined, source: string | undefined): Outcome {
    const outcome = on.socket.leave(group, at, source);
    if (at === undefined && outcome >= 0) while (on.socket.leave(group, at, source) >= 0); // what was renewed
    on.isFull = false;
    if (at !== undefined) on.filter?.drop(group, at.index, source);
    return outcome;
  }

  block(group: string, { at, on }: Joined, source: string): Outcome {
    const outcome = on.socket.blockSource(group, at!, source);
    if (outcome >= 0) on.filter?.ruleFor(group, at!.index, true).blocked.add(source);
    return outcome;
  }

  unblock(group: string, { at, on }: Joined, source: string): Outcome {
    const outcome = on.socket.unblockSource(group, at!, source);
    if (outcome >= 0) on.filter?.ruleFor(group, at!.index, true).blocked.delete(source);
    return outcome;
  }

  #joinOneOf(
    sockets: readonly PortSocket[],
    group: string,
    at: NetworkInterface | undefined,
    source: string | undefined,
  ): Joined | Outcome {
    let outcome: Outcome = ERRNO.ENOBUFS;
    for (const on of sockets) {
      outcome = this.#joinOn(on, group, at, source);
      if (outcome >= 0) return { at, on };
      if (!MEMBERSHIP_LIMITS.has(outcome)) return outcome;
      on.isFull = source === undefined; // a source may be one too many for its group, and others have room still
    }
    return outcome;
  }

  #joinOn(on: PortSocket, group: string, at: NetworkInterface | undefined, source: string | undefined): Outcome {
    this.#startFilter(on, at);
    const outcome = on.socket.join(group, at, source);
    if (at === undefined || (outcome < 0 && outcome !== ERRNO.EADDRINUSE)) return outcome;
    // EADDRINUSE: the kernel has it already, of an adopted socket or of an interface that the backend took for lost while it was down.
    const rule = on.filter?.ruleFor(group, at.index, source === undefined);
    if (source !== undefined) rule?.sources.add(source);
    return OK;
  }

  /** Filtering needs to know where datagrams were sent to and came in: from the first membership on, not before. */
  #startFilter(on: PortSocket, at: NetworkInterface | undefined): void {
    if (on.filter !== undefined || at === undefined || !this.#sockets.needsFilter(on)) return;
    on.socket.setOption("receivePacketInfo", 1);
    on.filter = new ArrivalFilter(this.#sockets.admission(on));
  }
}
