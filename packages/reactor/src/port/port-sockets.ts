/** The sockets of a port: opened by {@link openPortSockets}, which leaves nothing open when a step of it fails. */
import {
  type DatagramBackend,
  type DatagramBatch,
  type DatagramSocket,
  type Family,
  isMulticast,
  type OptionName,
  type Outcome,
  type ReadLimits,
  type SocketAddress,
} from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { MemberSockets } from "../multicast/membership-sockets.js";
import { BroadcastAddresses } from "../network/broadcast-addresses.js";
import type { HostNetwork } from "../network/host-network.js";
import { setSocketOption } from "../network/socket-options.js";
import type { PortStatistics } from "../port-statistics.js";
import { type Admission, ArrivalFilter } from "../receiving/arrival-filter.js";
import type { Inbox } from "../receiving/inbox.js";
import { type BindSetting, bindSettings, type OpeningOperation, type ResolvedOptions } from "./listen-options.js";
import { hostOf } from "./local-address.js";
import { applyDefaults, bindSettingsOf, closingOnThrow, openAdopted, openBeside, openBound, requestArrivals } from "./open-socket.js";
import { PortSocket, type PortSocketOwner } from "./port-socket.js";

// One wake-up of one socket: some 50 µs of JavaScript, so timers and other ports are not kept waiting.
const MAX_DATAGRAMS_PER_WAKEUP = 64;
const MAX_BYTES_PER_WAKEUP = 1024 * 1024;

/** The way to open the first socket. */
export type Opening = { readonly operation: OpeningOperation; readonly options: ResolvedOptions } & (
  | { readonly by: "bind"; readonly local: SocketAddress }
  | { readonly by: "adopt"; readonly fd: number }
);

/** Dependencies of {@link PortSockets}. */
export interface PortSocketsOwner {
  readonly backend: DatagramBackend;
  readonly network: HostNetwork;
  readonly inbox: Inbox;
  readonly statistics: PortStatistics;
  readonly observer: PortSocketOwner;
}

/** Opens and binds, or adopts, the first socket. @throws CannotListenError, SystemError, UnsupportedError; nothing is left open then. */
export function openPortSockets(owner: PortSocketsOwner, opening: Opening): PortSockets {
  const main = new PortSocket(owner.inbox, owner.observer, owner.statistics);
  main.socket = openFirst(owner.backend, opening, main);
  return closingOnThrow(main.socket, () => {
    setUp(owner.backend, main.socket, opening.options);
    if (opening.options.multicastOnly) showDestinations(owner.backend, main.socket, opening.operation);
    return new PortSockets({ owner, opening, main, local: hostOf(main.socket, opening.operation) });
  });
}

/** The first socket, with its results. */
interface OpenedFirst {
  readonly owner: PortSocketsOwner;
  readonly opening: Opening;
  readonly main: PortSocket;
  readonly local: SocketAddress;
}

/** The socket that a port sends and receives with, and those opened beside it to be a member of more groups. */
export class PortSockets implements MemberSockets {
  readonly main: PortSocket;
  readonly #owner: PortSocketsOwner;
  readonly #opening: Opening;
  readonly #limits: ReadLimits;
  #all: readonly PortSocket[]; // never changed, as a loop may open or close a socket
  readonly #settings = new Map<OptionName, number>(); // of further sockets, besides those that the first was bound with
  readonly #broadcasts = new BroadcastAddresses();
  #local: SocketAddress;
  #isReading = false;
  #isReferenced = true;
  #isClosed = false;

  /** Takes sockets that are open: see {@link openPortSockets}. */
  constructor({ owner, opening, main, local }: OpenedFirst) {
    this.main = main;
    this.#all = [main];
    this.#owner = owner;
    this.#opening = opening;
    this.#local = local;
    this.#limits = {
      maxPacketBytes: opening.options.maxPacketSize,
      maxDatagrams: MAX_DATAGRAMS_PER_WAKEUP,
      maxBytes: MAX_BYTES_PER_WAKEUP,
    };
    if (opening.options.multicastOnly && this.needsFilter(main)) main.filter = this.filterFor(main);
  }

  /** Local address; after closing, the one it had. */
  get local(): SocketAddress {
    const local = this.#isClosed ? this.#local : this.main.socket.localAddress();
    if (typeof local !== "number") this.#local = local;
    return this.#local;
  }

  get all(): readonly PortSocket[] {
    return this.#all;
  }

  /** Whether the port receives only the groups that it has joined. */
  get isIsolated(): boolean {
    return wantsIsolation(this.#opening.options);
  }

  get family(): Family {
    return this.main.socket.family;
  }

  /**
   * Opens a socket beside the first, on the same address and number. Refused without the capability `packetInfo`: each socket of a number
   * receives all of its multicast, and would deliver each datagram once more; and for a port that is not isolated, for the same reason.
   */
  openFurther(): PortSocket | Outcome {
    const { backend, inbox, observer, statistics } = this.#owner;
    if (!backend.capabilities.has("packetInfo") || !this.isIsolated) return ERRNO.ENOTSUP;
    const local = this.main.socket.localAddress();
    if (typeof local === "number") return local;
    const further = new PortSocket(inbox, observer, statistics);
    const siblings = this.all.map(({ socket }) => socket);
    const socket = openBeside(backend, siblings, { observer: further, local, settings: this.#settingsOfFurther() });
    if (typeof socket === "number") return socket;
    further.socket = socket;
    const outcome = this.#startFurther(socket);
    if (outcome < 0) {
      socket.close();
      return outcome;
    }
    this.#all = this.#all.concat(further);
    return further;
  }

  /** Sets an option of all sockets but the first, also of those that are opened later. Returns 0, or the first errno. */
  setOnFurther(name: OptionName, value: number): Outcome {
    this.#settings.set(name, value);
    const further = this.#all.slice(1);
    return further.map(({ socket }) => socket.setOption(name, value)).find((outcome) => outcome < 0) ?? 0;
  }

  /** Closes a further socket that is not needed. */
  closeFurther(further: PortSocket): void {
    this.#all = this.#all.filter((member) => member !== further);
    further.socket.close();
  }

  /** Starts reading on every socket. */
  startReading(): void {
    this.#isReading = true;
    for (const { socket } of this.all) {
      const outcome = socket.startReading(this.#limits);
      if (outcome < 0) this.#owner.observer.readFailed(outcome);
    }
  }

  /** Stops reading on every socket. */
  stopReading(): void {
    this.#isReading = false;
    for (const { socket } of this.all) socket.stopReading();
  }

  /** Sets whether the open sockets keep the process alive. */
  setReferenced(on: boolean): void {
    if (this.#isClosed) return;
    this.#isReferenced = on;
    for (const { socket } of this.all) on ? socket.ref() : socket.unref();
  }

  /** Updates the counters that the backend keeps; they stay 0 where it has none. */
  countDrops(): void {
    if (this.#isClosed) return; // the counters stay as they were
    for (const name of ["kernelDrops", "unreadDrops"] as const) {
      if (!this.#owner.backend.capabilities.has(`get ${name}`)) continue;
      this.#owner.statistics[name] = this.all.reduce((sum, { socket }) => sum + Math.max(0, socket.getOption(name)), 0);
    }
  }

  /** Counts a last time, then closes every socket; does nothing a second time. */
  close(): void {
    if (this.#isClosed) return;
    this.countDrops();
    this.#local = this.local;
    this.#isClosed = true;
    for (const { socket } of this.all) socket.close();
  }

  needsFilter(member: PortSocket): boolean {
    const { capabilities } = this.#owner.backend;
    if (!capabilities.has("packetInfo")) return false;
    if (this.#opening.options.multicastOnly) return true;
    return this.isIsolated && (member !== this.main || this.family === 6 || !capabilities.has("set multicastAll"));
  }

  filterFor(member: PortSocket): ArrivalFilter {
    return new ArrivalFilter(this.#admission(member), (destination, ...datagram) => this.#isCopy(member, destination, datagram));
  }

  /**
   * Broadcasts reach every socket of a number, so only the first lets them in. The others, too, let in only the peer of a connected port.
   * With `multicastOnly`, no socket lets in what was sent elsewhere than to a group.
   */
  #admission(member: PortSocket): Admission {
    const { multicastOnly } = this.#opening.options;
    if (member === this.main) return multicastOnly ? isMulticast : () => true;
    return (destination, batch, index) => {
      if (multicastOnly && !isMulticast(destination)) return false;
      if (this.#isBroadcast(destination)) return false;
      const peer = this.#owner.observer.exclusivePeer();
      if (peer === undefined) return true;
      const from = batch.from(index);
      return from.address === peer.address && from.port === peer.port;
    };
  }

  /** Returns the options that a further socket gets before it is bound. */
  #settingsOfFurther(): readonly BindSetting[] {
    const { options, by } = this.#opening;
    const first = by === "bind" ? bindSettings(options) : bindSettingsOf(this.#owner.backend, this.main.socket);
    const later = [...this.#settings].map(([name, value]): BindSetting => [name, value, name]);
    return [...first.filter(([name]) => !this.#settings.has(name)), ...later];
  }

  #isBroadcast(destination: string): boolean {
    return this.#broadcasts.has(destination, this.#owner.network.current());
  }

  /**
   * Returns whether another socket of the port delivers or counts a datagram that `member` keeps out: the first one for broadcasts; for a
   * group one that lets it in, or else the first that joined it on any interface, since IPv6 gives each of them a copy.
   */
  #isCopy(member: PortSocket, destination: string, [batch, index]: readonly [DatagramBatch, number]): boolean {
    if (!isMulticast(destination)) return member !== this.main && this.#isBroadcast(destination);
    const joined = this.all.filter(({ filter }) => filter?.hasRuleFor(destination));
    const isLetIn = joined.some(({ filter }) => filter?.accepts(batch, index));
    return isLetIn || (joined.length > 0 && joined[0] !== member);
  }

  /** Gives a further socket the options of the first one, and reads if that does. */
  #startFurther(socket: DatagramSocket): Outcome {
    const { backend } = this.#owner;
    setUp(backend, socket, this.#opening.options);
    if (!this.#isReferenced) socket.unref();
    return this.#isReading ? socket.startReading(this.#limits) : 0;
  }
}

function openFirst(backend: DatagramBackend, opening: Opening, observer: PortSocket): DatagramSocket {
  const { operation } = opening;
  if (opening.by === "adopt") return openAdopted(backend, operation, { fd: opening.fd, family: opening.options.family, observer });
  return openBound(backend, operation, { observer, local: opening.local, settings: bindSettings(opening.options) });
}

/** A port with `multicastOnly` filters by its own groups, whatever `isolated` says. */
function wantsIsolation({ isolated, multicastOnly }: ResolvedOptions): boolean {
  return isolated || multicastOnly;
}

/** Lets the filter see destinations, where the backend can; elsewhere the port is bound to its group. */
function showDestinations(backend: DatagramBackend, socket: DatagramSocket, operation: OpeningOperation): void {
  if (!backend.capabilities.has("packetInfo")) return;
  setSocketOption(backend, socket, { operation, option: "multicastOnly" }, ["receivePacketInfo", 1]);
}

function setUp(backend: DatagramBackend, socket: DatagramSocket, options: ResolvedOptions): void {
  applyDefaults(backend, socket, { isolated: wantsIsolation(options), receiveOffload: options.receiveOffload });
  if (options.arrival) requestArrivals(backend, socket);
}
