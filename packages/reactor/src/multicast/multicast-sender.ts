/**
 * Sends a port's multicast the right way: TTL, loopback mode and interface are as the port says, and nothing leaves by another way.
 *
 * Theory of operation: the first datagram to each group *settles* the way to send to that group, and the answer is kept until an option or
 * the interfaces change. Usually the answer is "as the socket's options say". It is an explicit interface where the kernel would choose
 * another one than the route (a bound source address: ip_route_output_key_hash_rcu(), net/ipv4/route.c) or has no route at all; and with
 * TTL 0 the group is guarded first. See docs/decisions, no leak.
 */

import {
  BACKEND_ERRORS,
  type DatagramBackend,
  type NetworkInterface,
  needsZone,
  type Outcome,
  type PacketOrigin,
  type SocketAddress,
  withoutZone,
} from "@groupcast/backend";
import { type Clock, ERRNO, SystemError, UnsupportedError } from "@groupcast/base";
import { formatSelector, type ParsedSelector } from "../network/interface-selector.js";
import { notTheOnly, type OnlyInterface } from "../network/only-interface.js";
import { type OptionCall, readIfSupported, setSocketOption } from "../network/socket-options.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { OutgoingInterface } from "../transport.js";
import { LeakGuard } from "./leak-guard.js";
import { OutgoingChoice, type OutgoingChoiceOwner } from "./outgoing-choice.js";

/** Way to send to a group: as usual, by a given interface, or not at all, because the datagram may reach nobody or the OS refused. */
export type Settlement =
  | { readonly via: PacketOrigin | undefined }
  | "suppress"
  | { readonly errno: Outcome /** The chosen interface, while it does not exist. */; readonly interface?: string };

const AS_USUAL: Settlement = { via: undefined };
const DEFAULT_TTL = 1; // RFC 1112, 6.1
const MAX_SETTLED = 4096; // as many as there are contacts in the address book
const ROUTE_LIFETIME_MS = 1000; // route changes are not reported; a datagram may follow an old route for as long

/** A settlement, and the time until which it holds unless something changes. */
interface Settled {
  readonly settlement: Settlement;
  readonly staleAtMs: number;
}

/** Dependencies of {@link MulticastSender}. */
export interface MulticastSenderOwner extends OutgoingChoiceOwner {
  readonly backend: DatagramBackend;
  readonly clock: Clock;
  /** Whether the socket is bound to one of the host's own addresses, rather than to all or to a group. */
  readonly hasSourceAddress: boolean;
}

/** Sender of one port. */
export class MulticastSender {
  readonly #owner: MulticastSenderOwner;
  readonly #guard: LeakGuard;
  readonly #settled = new Map<string, Settled>();
  readonly #choice: OutgoingChoice;
  #ttl = DEFAULT_TTL;
  #isLoopbackOn = true;
  #bound: (ParsedSelector & { readonly by: "index" }) | undefined; // the socket sends by this interface, whatever is chosen

  /** Starts with the kernel's defaults: TTL 1, loopback mode on, the interface of the route. */
  constructor(owner: MulticastSenderOwner) {
    this.#owner = owner;
    this.#guard = new LeakGuard(owner.backend, owner.socket.family);
    this.#choice = new OutgoingChoice(owner);
  }

  /** Takes over the options of an adopted socket. @throws SystemError `ERR_SET_OPTION`: TTL 0 cannot be confined. */
  takeOver(operation: string): void {
    const { backend, socket } = this.#owner;
    this.#ttl = readIfSupported(backend, socket, "multicastTtl", DEFAULT_TTL);
    this.#isLoopbackOn = readIfSupported(backend, socket, "multicastLoopback", 1) > 0;
    this.#bound = boundTo(readIfSupported(backend, socket, "bindToInterface", 0));
    if (this.#ttl === 0) this.#applyInterface(operation, this.#outgoing()); // its current one cannot be read
  }

  /** TTL of multicast. */
  get ttl(): number {
    return this.#ttl;
  }

  /**
   * Sets the TTL. With TTL 0 and no chosen interface, the outgoing one may change; it does before the TTL changes, so that nothing leaks.
   */
  setTTL(call: OptionCall, ttl: number): void {
    const next = this.#outgoingUnchosen(ttl);
    if (!this.#isPinned && next !== this.#outgoingUnchosen(this.#ttl)) this.#applyInterface(call.operation, next);
    setSocketOption(this.#owner.backend, this.#owner.socket, call, ["multicastTtl", ttl]);
    this.#ttl = ttl;
    this.#settled.clear();
  }

  /** Whether members on this host receive what the port sends. */
  get isLoopbackOn(): boolean {
    return this.#isLoopbackOn;
  }

  /** Sets the loopback mode. */
  setLoopbackMode(call: OptionCall, on: boolean): void {
    setSocketOption(this.#owner.backend, this.#owner.socket, call, ["multicastLoopback", on ? 1 : 0]);
    this.#isLoopbackOn = on;
    this.#settled.clear();
  }

  /** The interface that the socket is bound to, else the chosen one, and its state. */
  get outgoingInterface(): OutgoingInterface {
    if (this.#bound === undefined) return this.#choice.state;
    const iface = this.#find(this.#bound);
    return { interface: iface?.name ?? formatSelector(this.#bound), state: iface === undefined ? "lost" : "active" };
  }

  /** The interface that the socket is bound to; undefined: none. */
  get only(): OnlyInterface | undefined {
    return this.#bound && { index: this.#bound.index, name: this.outgoingInterface.interface };
  }

  /** Refuses a selector of one interface that is not the only one of the port. @throws InvalidArgumentError `ERR_INTERFACE_FIXED`. */
  checkOnly(operation: string, argument: string, selector: ParsedSelector): void {
    const { only } = this;
    if (only === undefined || selector.by === "default" || selector.by === "all") return;
    if (this.#find(selector)?.index !== only.index) throw notTheOnly(operation, argument, formatSelector(selector), only);
  }

  /** The socket was bound to the interface with that index; 0: to none. @throws SystemError `ERR_SET_OPTION`. */
  boundToInterface(operation: string, index: number): void {
    this.#bound = boundTo(index);
    this.#settled.clear();
    if (this.#bound !== undefined) return;
    this.#choice.reconcile(); // nobody kept it in line while it had no effect
    if (!this.#choice.isMade) this.#applyInterface(operation, this.#outgoing()); // with TTL 0, it must not be the route's
  }

  /**
   * Chooses the interface, which may not exist yet.
   *
   * @throws InvalidArgumentError `ERR_ARGUMENT_RANGE`, `ERR_INTERFACE_FIXED`. @throws SystemError `ERR_SET_OPTION`.
   */
  setOutgoingInterface(operation: string, selector: ParsedSelector): void {
    this.checkOnly(operation, operation === "setOutgoingInterface" ? "interface" : "outgoingInterface", selector);
    if (selector.by === "default") {
      this.#applyInterface(operation, this.#bound === undefined ? this.#outgoingUnchosen(this.#ttl) : this.#find(this.#bound));
      this.#choice.withdraw();
    } else this.#choice.choose(operation, selector);
    this.#settled.clear();
  }

  /** Interfaces changed: the chosen name may be another interface now, and the kernel forgets one that was deleted. */
  reconcile(): void {
    this.leaveGone();
    this.#settled.clear();
    if (this.#bound === undefined) this.#choice.reconcile();
    const iface = this.#bound === undefined && this.#choice.isMade ? undefined : this.#outgoing();
    if (iface !== undefined) this.#owner.socket.setMulticastInterface(iface); // refused while it does not exist; sends then report it
  }

  /** Leaves what the guard has joined on interfaces that are gone. */
  leaveGone(): void {
    this.#guard.reconcile(this.#owner.network.current());
  }

  /**
   * Returns the way to send to the group `to`; `via` is the caller's wish for this one datagram.
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

  /**
   * Returns the interface that memberships without one mean; none while there is none or the chosen one is waited for; [undefined]: the
   * kernel chooses.
   */
  defaultInterfaces(group: string): readonly (NetworkInterface | undefined)[] {
    const iface = this.#usualInterface(group);
    const isKnown = this.#isPinned || this.#owner.backend.capabilities.has("routes");
    return iface === undefined && isKnown ? [] : [iface];
  }

  /** Closes the sockets of the guard. */
  close(): void {
    this.#guard.close();
  }

  /** Returns the way for a group without a named interface. `isSourceGiven`: by the datagram, whatever the port is bound to. */
  #settleUnnamed(group: string, isSourceGiven: boolean): Settlement {
    const key = isSourceGiven ? `${group} from a given source` : group;
    const known = this.#settled.get(key);
    if (known !== undefined && (known.staleAtMs === FOREVER || this.#owner.clock.nowMs() < known.staleAtMs)) return known.settlement;
    const decided = this.#decide(group, isSourceGiven || this.#owner.hasSourceAddress);
    if (typeof decided.settlement === "object" && "errno" in decided.settlement) return decided.settlement; // may be gone the next time
    if (this.#settled.size >= MAX_SETTLED) this.#settled.clear();
    this.#settled.set(key, decided);
    return decided.settlement;
  }

  #decide(group: string, hasSourceAddress: boolean): Settled {
    if (this.#ttl === 0) return forever(this.#decideConfined(group));
    const { network, socket, clock } = this.#owner;
    if (this.#bound === undefined && this.#choice.refusal < 0) return forever(this.#waiting());
    if (this.#isPinned || !this.#canSteer) return forever(AS_USUAL);
    const route = network.routeFor(group);
    const staleAtMs = clock.nowMs() + ROUTE_LIFETIME_MS;
    if (typeof route === "number") return { settlement: AS_USUAL, staleAtMs }; // the kernel refuses it: an interface would lead past that
    if (route !== undefined && !(socket.family === 4 && hasSourceAddress)) return forever(AS_USUAL);
    const iface = route?.interface ?? this.#fallback();
    return iface === undefined ? forever(AS_USUAL) : { settlement: from(iface), staleAtMs };
  }

  /** TTL 0. Where no interface is set on the socket, each datagram names the guarded one, so that a route change cannot move it. */
  #decideConfined(group: string): Settlement {
    const outgoing = this.#outgoing();
    if (outgoing !== undefined || this.#isPinned) return this.#confine(group, outgoing);
    const iface = this.#usualInterface(group);
    const confined = this.#confine(group, iface);
    return confined === AS_USUAL && iface !== undefined ? from(iface) : confined;
  }

  /** Returns the interface that this one datagram names: by an option of the write, or by the zone of its destination. */
  #named({ scope }: SocketAddress, via: PacketOrigin | undefined): NetworkInterface | undefined {
    if (via !== undefined && via.interfaceIndex !== 0) return this.#find({ by: "index", index: via.interfaceIndex });
    return scope === undefined ? undefined : this.#find({ by: "name", name: scope });
  }

  /** Linux heeds a zone for link-local groups only (`__ipv6_addr_needs_scope_id()`), so the interface is named explicitly. */
  #settleNamed({ address }: SocketAddress, iface: NetworkInterface, via: PacketOrigin | undefined): Settlement {
    const { capabilities, name } = this.#owner.backend;
    const canName = capabilities.has("sendPacketInfo");
    if (!canName && !needsZone(address) && this.#outgoing()?.name !== iface.name) {
      const lack = { backend: name, capability: "sendPacketInfo" };
      throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, "write", lack, { address, interface: iface.name });
    }
    const confined = this.#ttl === 0 ? this.#confine(withoutZone(address), iface) : AS_USUAL;
    if (confined === "suppress" || "errno" in confined || !canName) return confined;
    return { via: { interfaceIndex: iface.index, source: via?.source } };
  }

  /** TTL 0: makes sure that the group stays on the host. */
  #confine(group: string, iface: NetworkInterface | undefined): Settlement {
    // ip6_finish_output2() (net/ipv6/ip6_output.c) checks the hop limit only where it loops a copy back: with loopback mode off,
    // hop limit 0 would reach the wire. Nobody on the host may receive such a datagram, so it is not sent.
    if (!this.#isLoopbackOn) return "suppress";
    if (iface === undefined) return this.#choice.refusal < 0 ? this.#waiting() : { errno: ERRNO.ENODEV }; // nothing keeps it on the host
    if (iface.flags.loopback) return AS_USUAL;
    const errno = this.#guard.protect(group, iface);
    return errno < 0 ? { errno } : AS_USUAL;
  }

  #waiting(): Settlement {
    return { errno: this.#choice.refusal, interface: this.#choice.state.interface };
  }

  #applyInterface(operation: string, iface: NetworkInterface | undefined): void {
    const errno = this.#owner.socket.setMulticastInterface(iface);
    if (errno < 0) throw new SystemError(REACTOR_ERRORS.ERR_SET_OPTION, { operation, errno, interface: iface?.name ?? "default" });
  }

  /** Returns the interface that is set on the socket; undefined while the route decides, or the chosen one is waited for. */
  #outgoing(): NetworkInterface | undefined {
    if (this.#bound !== undefined) return this.#find(this.#bound);
    return this.#choice.isMade ? this.#choice.active : this.#outgoingUnchosen(this.#ttl);
  }

  /** Whether the user named the interface of the port's multicast: bound the socket to it, or chose it. */
  get #isPinned(): boolean {
    return this.#bound !== undefined || this.#choice.isMade;
  }

  /**
   * Returns the interface that is set on the socket when the user chose none: with TTL 0 loopback. IPv6 has no multicast on loopback,
   * unless root adds a route (addrconf_add_mroute() in net/ipv6/addrconf.c leaves it out), and uses an ordinary interface: the one that
   * the route to each group names or, where the route is not known, one for all groups.
   */
  #outgoingUnchosen(ttl: number): NetworkInterface | undefined {
    if (ttl !== 0) return undefined;
    if (this.#owner.socket.family === 4) return this.#owner.network.current().find(({ flags }) => flags.loopback);
    return this.#canSteer ? undefined : this.#fallback();
  }

  /** Returns the interface for memberships and sends that name none; undefined where only the kernel knows it. */
  #usualInterface(group: string): NetworkInterface | undefined {
    const outgoing = this.#outgoing();
    if (outgoing !== undefined || this.#isPinned) return outgoing;
    if (!this.#owner.backend.capabilities.has("routes")) return undefined;
    const route = this.#owner.network.routeFor(group);
    return typeof route === "object" ? route.interface : this.#fallback();
  }

  /** Whether the backend knows routes, and sends each datagram by a given interface. */
  get #canSteer(): boolean {
    const { capabilities } = this.#owner.backend;
    return capabilities.has("routes") && capabilities.has("sendPacketInfo");
  }

  #find(selector: ParsedSelector): NetworkInterface | undefined {
    const selected = this.#owner.network.select(selector);
    return typeof selected === "number" ? undefined : selected[0];
  }

  /** Returns the interface for groups without a route: the first one that carries multicast and has an address, else loopback. */
  #fallback(): NetworkInterface | undefined {
    const all = this.#owner.network.current();
    const usable = all.filter(({ flags, addresses }) => flags.up && addresses.some(({ family }) => family === this.#owner.socket.family));
    return usable.find(({ flags }) => flags.multicast && !flags.loopback) ?? usable.find(({ flags }) => flags.loopback);
  }
}

const FOREVER = Number.POSITIVE_INFINITY;

/** Returns a settlement that holds until an option or the interfaces change. */
function forever(settlement: Settlement): Settled {
  return { settlement, staleAtMs: FOREVER };
}

function boundTo(index: number): (ParsedSelector & { readonly by: "index" }) | undefined {
  return index === 0 ? undefined : { by: "index", index };
}

function from(iface: NetworkInterface): Settlement {
  return { via: { interfaceIndex: iface.index, source: undefined } };
}
