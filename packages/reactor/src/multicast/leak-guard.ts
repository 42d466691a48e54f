/**
 * Keeps multicast with TTL 0 on this host.
 *
 * Linux drops it at the edge of the host only where some socket of the host is an any-source member of the group on the outgoing
 * interface: the check is in ip_mc_output() (net/ipv4/ip_output.c), which is used for such groups alone; without a member the
 * datagram goes through ip_output() and out on the wire, in spite of its TTL 0. So the guard is that member, with sockets of its own
 * that are never read: the port receives no datagrams that it did not ask for.
 */
import {
  anyAddress,
  type DatagramBackend,
  type DatagramSocket,
  type Family,
  type NetworkInterface,
  type Outcome,
  type SocketObserver,
  sameInterface,
  socketAddress,
} from "@groupcast/backend";
import { MEMBERSHIP_LIMITS } from "./membership-sockets.js";

const DEAF: SocketObserver = { received() {}, writable() {}, sendFailed() {}, failed() {} };

/** A membership that only keeps datagrams on this host. */
interface Guarded {
  readonly group: string;
  readonly iface: NetworkInterface;
  readonly socket: DatagramSocket;
}

/** Guard of one port. */
export class LeakGuard {
  readonly #backend: DatagramBackend;
  readonly #family: Family;
  readonly #sockets: DatagramSocket[] = [];
  readonly #guarded = new Map<string, Guarded>();

  /** Opens nothing yet. */
  constructor(backend: DatagramBackend, family: Family) {
    this.#backend = backend;
    this.#family = family;
  }

  /** Makes this host a member of `group` on `iface`; returns a negative errno when that is impossible. */
  protect(group: string, iface: NetworkInterface): Outcome {
    const key = `${group}%${iface.name}#${iface.index}`;
    if (this.#guarded.has(key)) return 0;
    const socket = this.#join(group, iface);
    if (typeof socket === "number") return socket;
    this.#guarded.set(key, { group, iface, socket });
    return 0;
  }

  /**
   * Interfaces changed: leaves groups whose interface is gone, to free their slots. Keeps the other memberships, which waiting datagrams
   * need.
   */
  reconcile(all: readonly NetworkInterface[]): void {
    for (const [key, { group, iface, socket }] of this.#guarded) {
      if (all.some((other) => sameInterface(other, iface))) continue;
      socket.leave(group, iface, undefined);
      this.#guarded.delete(key);
    }
  }

  /** Closes the guard's sockets. */
  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
    this.#guarded.clear();
  }

  /** Joins on the first socket that has room. */
  #join(group: string, iface: NetworkInterface): DatagramSocket | Outcome {
    for (const socket of this.#sockets) {
      const outcome = socket.join(group, iface, undefined);
      if (outcome >= 0) return socket;
      if (!MEMBERSHIP_LIMITS.has(outcome)) return outcome;
    }
    const next = this.#open();
    if (typeof next === "number") return next;
    const outcome = next.join(group, iface, undefined);
    return outcome < 0 ? outcome : next;
  }

  #open(): DatagramSocket | Outcome {
    const socket = this.#backend.openSocket(this.#family, DEAF);
    if (typeof socket === "number") return socket;
    socket.unref();
    const bound = socket.bind(socketAddress(anyAddress(this.#family), 0)); // node:dgram joins on bound sockets only
    if (bound < 0) socket.close();
    else this.#sockets.push(socket);
    return bound < 0 ? bound : socket;
  }
}
