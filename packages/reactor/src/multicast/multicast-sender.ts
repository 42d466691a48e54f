/**
 * How a port's multicast leaves: TTL, loopback mode, interface; and that it leaves by no other way.
 *
 * Theory of operation: the first datagram to each group *settles* how that group is sent to, and the answer is kept until an option or
 * the interfaces change. Mostly the answer is "as the socket's options say". It is an explicit interface where the kernel would choose
 * another than the route (a bound source address: ip_route_output_key_hash_rcu(), net/ipv4/route.c) or has no route at all; and with
 * TTL 0 the group is guarded first. See docs/decisions, no leak.
 */

import {
  BACKEND_ERRORS,
  type DatagramBackend,
  type DatagramSocket,
  type NetworkInterface,
  needsZone,
  type Outcome,
  type PacketOrigin,
  type SocketAddress,
  withoutZone,
} from "@groupcast/backend";
import { type Clock, ERRNO, InvalidArgumentError, SystemError, UnsupportedError } from "@groupcast/base";
import type { HostNetwork } from "../network/host-network.js";
import { formatSelector, onlyOne, type ParsedSelector } from "../network/interface-selector.js";
import { readIfSupported, setSocketOption } from "../network/socket-options.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import { LeakGuard } from "./leak-guard.js";

/** How to send to a group: as usual, from a given interface, not at all because it may reach nobody, or not because the OS refused. */
export type Settlement = { readonly via: PacketOrigin | undefined } | "suppress" | { readonly errno: Outcome };

const AS_USUAL: Settlement = { via: undefined };
const DEFAULT_TTL = 1; // RFC 1112, 6.1
const MAX_SETTLED = 4096; // as many as there are contacts in the address book
const ROUTE_LIFETIME_MS = 1000; // routes change without a word to us; a datagram may follow an old one for as long

/** A settlement, and how long it holds unless something is changed. */
interface Settled {
  readonly settlement: Settlement;
  readonly staleAtMs: number;
}

/** What a sender needs. */
export interface MulticastSenderOwner {
  readonly backend: DatagramBackend;
  readonly clock: Clock;
  readonly network: HostNetwork;
  readonly socket: DatagramSocket;
  /** Whether the socket is bound to one of the host's own addresses, rather than to all or to a group. */
  readonly hasSourceAddress: boolean;
}

export class MulticastSender {
  readonly #owner: MulticastSenderOwner;
  readonly #guard: LeakGuard;
  readonly #settled = new Map<string, Settled>();
  #ttl = DEFAULT_TTL;
  #isLoopbackOn = true;
  #chosen: ParsedSelector | undefined;

  constructor(owner: MulticastSenderOwner) {
    this.#owner = owner;
    this.#guard = new LeakGuard(owner.backend, owner.socket.family);
  }

  /** Goes on with the options that whoever opened the socket has set. @throws SystemError `ERR_SET_OPTION`: TTL 0 cannot be confined. */
  takeOver(operation: string): void {
    const { backend, socket } = this.#owner;
    this.#ttl = readIfSupported(backend, socket, "multicastTtl", DEFAULT_TTL);
    this.#isLoopbackOn = readIfSupported(backend, socket, "multicastLoopback", 1) > 0;
    if (this.#ttl === 0) this.#applyInterface(operation, this.#outgoing()); // the one it has cannot be read
  }

  get ttl(): number {
    return this.#ttl;
  }

  /** With TTL 0 and no interface chosen, another may become the outgoing one; before the TTL changes, so that neither leaks. */
  setTTL(operation: string, ttl: number): void {
    const next = this.#outgoingWith(ttl, this.#chosen);
    if (next !== this.#outgoing()) this.#applyInterface(operation, next);
    setSocketOption(this.#owner.backend, this.#owner.socket, operation, ["multicastTtl", ttl]);
    this.#ttl = ttl;
    this.#settled.clear();
  }

  get isLoopbackOn(): boolean {
    return this.#isLoopbackOn;
  }

  setLoopbackMode(operation: string, on: boolean): void {
    setSocketOption(this.#owner.backend, this.#owner.socket, operation, ["multicastLoopback", on ? 1 : 0]);
    this.#isLoopbackOn = on;
    this.#settled.clear();
  }

  get outgoingInterface(): string {
    const chosen = this.#chosen;
    return chosen === undefined ? "default" : (this.#find(chosen)?.name ?? formatSelector(chosen));
  }

  setOutgoingInterface(operation: string, selector: ParsedSelector): void {
    const chosen = selector.by === "default" ? undefined : selector;
    if (chosen !== undefined && onlyOne(operation, "interface", selector, this.#owner.network.select(chosen)) === undefined) {
      throw new InvalidArgumentError(BACKEND_ERRORS.ERR_INTERFACE_UNKNOWN, {
        operation,
        argument: "interface",
        value: formatSelector(selector),
      });
    }
    this.#applyInterface(operation, this.#outgoingWith(this.#ttl, chosen));
    this.#chosen = chosen;
    this.#settled.clear();
  }

  /** Interfaces changed: what was chosen by name may be another interface now, and the kernel forgets one that was deleted. */
  reconcile(): void {
    this.#guard.reconcile(this.#owner.network.current());
    this.#settled.clear();
    const at = this.#outgoing();
    if (at !== undefined) this.#owner.socket.setMulticastInterface(at); // refused while it is not there; then sends say so
  }

  /**
   * How to send to the group `to`; `via` is what the caller asked for this one datagram.
   *
   * @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION`: the group's zone names an interface that the backend cannot send by.
   */
  settle(to: SocketAddress, via: PacketOrigin | undefined): Settlement {
    const named = this.#named(to, via);
    if (named !== undefined) return this.#settleNamed(to, named, via);
    const settled = this.#settleUnnamed(to.address, via?.source !== undefined);
    if (via === undefined || settled === "suppress" || "errno" in settled) return settled;
    return { via: { interfaceIndex: settled.via?.interfaceIndex ?? 0, source: via.source } };
  }

  /** The interface for memberships and sends that name none; undefined where only the kernel knows. */
  defaultInterface(group: string): NetworkInterface | undefined {
    const chosen = this.#outgoing();
    if (chosen !== undefined) return chosen;
    if (!this.#owner.backend.capabilities.has("routes")) return undefined;
    const route = this.#owner.network.routeFor(group);
    return typeof route === "object" ? route.interface : this.#fallback();
  }

  close(): void {
    this.#guard.close();
  }

  /** `isSourceGiven`: by the datagram, whatever the port is bound to. */
  #settleUnnamed(group: string, isSourceGiven: boolean): Settlement {
    const key = isSourceGiven ? `${group} from a given source` : group;
    const known = this.#settled.get(key);
    if (known !== undefined && (known.staleAtMs === FOREVER || this.#owner.clock.nowMs() < known.staleAtMs)) return known.settlement;
    const decided = this.#decide(group, isSourceGiven || this.#owner.hasSourceAddress);
    if (typeof decided.settlement === "object" && "errno" in decided.settlement) return decided.settlement; // may be over the next time
    if (this.#settled.size >= MAX_SETTLED) this.#settled.clear();
    this.#settled.set(key, decided);
    return decided.settlement;
  }

  #decide(group: string, hasSourceAddress: boolean): Settled {
    if (this.#ttl === 0) return forever(this.#decideConfined(group));
    const { network, socket, clock } = this.#owner;
    if (this.#chosen !== undefined || !this.#canSteer) return forever(AS_USUAL);
    const route = network.routeFor(group);
    const staleAtMs = clock.nowMs() + ROUTE_LIFETIME_MS;
    if (typeof route === "number") return { settlement: AS_USUAL, staleAtMs }; // the kernel refuses it: an interface would lead past that
    if (route !== undefined && !(socket.family === 4 && hasSourceAddress)) return forever(AS_USUAL);
    const at = route?.interface ?? this.#fallback();
    return at === undefined ? forever(AS_USUAL) : { settlement: from(at), staleAtMs };
  }

  /** TTL 0. Where the socket has not been told an interface, the datagram is: the guarded one, even if the route changes. */
  #decideConfined(group: string): Settlement {
    const outgoing = this.#outgoing();
    if (outgoing !== undefined || this.#chosen !== undefined) return this.#confine(group, outgoing);
    const at = this.defaultInterface(group);
    const confined = this.#confine(group, at);
    return confined === AS_USUAL && at !== undefined ? from(at) : confined;
  }

  /** The interface that this one datagram names: by an option of the write, or by the zone of its destination. */
  #named({ scope }: SocketAddress, via: PacketOrigin | undefined): NetworkInterface | undefined {
    if (via !== undefined && via.interfaceIndex !== 0) return this.#find({ by: "index", index: via.interfaceIndex });
    return scope === undefined ? undefined : this.#find({ by: "name", name: scope });
  }

  /** Linux heeds a zone for link-local groups only (`__ipv6_addr_needs_scope_id()`), so the interface is said outright. */
  #settleNamed({ address }: SocketAddress, at: NetworkInterface, via: PacketOrigin | undefined): Settlement {
    const { capabilities, name } = this.#owner.backend;
    const canName = capabilities.has("sendPacketInfo");
    if (!canName && !needsZone(address) && this.#outgoing()?.name !== at.name) {
      throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, "write", name, { address, interface: at.name });
    }
    const confined = this.#ttl === 0 ? this.#confine(withoutZone(address), at) : AS_USUAL;
    if (confined === "suppress" || "errno" in confined || !canName) return confined;
    return { via: { interfaceIndex: at.index, source: via?.source } };
  }

  /** TTL 0: sees to it that the group stays on the host. */
  #confine(group: string, at: NetworkInterface | undefined): Settlement {
    // ip6_finish_output2() (net/ipv6/ip6_output.c) looks at the hop limit only where it loops a copy back: with loopback mode off,
    // hop limit 0 would reach the wire, and nobody on the host may have it.
    if (!this.#isLoopbackOn) return "suppress";
    if (at === undefined) return { errno: ERRNO.ENODEV }; // no loopback, or the chosen interface is gone: nothing holds it back
    if (at.flags.loopback) return AS_USUAL;
    const errno = this.#guard.protect(group, at);
    return errno < 0 ? { errno } : AS_USUAL;
  }

  #applyInterface(operation: string, at: NetworkInterface | undefined): void {
    const errno = this.#owner.socket.setMulticastInterface(at);
    if (errno < 0) throw new SystemError(REACTOR_ERRORS.ERR_SET_OPTION, { operation, errno, interface: at?.name ?? "default" });
  }

  #outgoing(): NetworkInterface | undefined {
    return this.#outgoingWith(this.#ttl, this.#chosen);
  }

  /**
   * The interface that the socket is told to send multicast by: the chosen one; with TTL 0 and none chosen, loopback. IPv6 has no
   * multicast on loopback, unless root adds a route (addrconf_add_mroute() in net/ipv6/addrconf.c leaves it out), and takes an ordinary
   * interface: the one that the route to each group names or, where that cannot be told, one for all groups.
   */
  #outgoingWith(ttl: number, chosen: ParsedSelector | undefined): NetworkInterface | undefined {
    if (chosen !== undefined) return this.#find(chosen);
    if (ttl !== 0) return undefined;
    if (this.#owner.socket.family === 4) return this.#owner.network.current().find(({ flags }) => flags.loopback);
    return this.#canSteer ? undefined : this.#fallback();
  }

  /** Whether the backend knows routes, and can be told an interface for each datagram. */
  get #canSteer(): boolean {
    const { capabilities } = this.#owner.backend;
    return capabilities.has("routes") && capabilities.has("sendPacketInfo");
  }

  #find(selector: ParsedSelector): NetworkInterface | undefined {
    return this.#owner.network.select(selector)[0];
  }

  /** Without a route: the first interface that carries multicast and has an address, else loopback. */
  #fallback(): NetworkInterface | undefined {
    const all = this.#owner.network.current();
    const usable = all.filter(({ flags, addresses }) => flags.up && addresses.some(({ family }) => family === this.#owner.socket.family));
    return usable.find(({ flags }) => flags.multicast && !flags.loopback) ?? usable.find(({ flags }) => flags.loopback);
  }
}

const FOREVER = Number.POSITIVE_INFINITY;

/** Until an option or the interfaces change. */
function forever(settlement: Settlement): Settled {
  return { settlement, staleAtMs: FOREVER };
}

function from(at: NetworkInterface): Settlement {
  return { via: { interfaceIndex: at.index, source: undefined } };
}
