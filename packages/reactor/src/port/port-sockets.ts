/** The sockets of a port: opened by {@link openPortSockets}, which leaves nothing open when a step of it fails. */
import type { DatagramBackend, DatagramSocket, Family, OptionName, Outcome, ReadLimits, SocketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { MemberSockets } from "../multicast/membership-sockets.js";
import type { HostNetwork } from "../network/host-network.js";
import type { PortStatistics } from "../port-statistics.js";
import type { Admission } from "../receiving/arrival-filter.js";
import type { Inbox } from "../receiving/inbox.js";
import type { PortBuffers } from "../udp-port.js";
import type { ResolvedListenOptions, ResolvedPortOptions } from "./listen-options.js";
import { hostOf } from "./local-address.js";
import { applyDefaults, bindOptionsOf, closingOnThrow, openAdopted, openBeside, openBound, requestArrivals } from "./open-socket.js";
import { PortSocket, type PortSocketOwner } from "./port-socket.js";
import { requestBuffer } from "./request-buffer.js";

// One wake-up of one socket: some 50 µs of JavaScript, so timers and other ports are not kept waiting.
const MAX_DATAGRAMS_PER_WAKEUP = 64;
const MAX_BYTES_PER_WAKEUP = 1024 * 1024;

/** The way to open the first socket. */
export type Opening =
  | { readonly by: "bind"; readonly operation: string; readonly options: ResolvedListenOptions }
  | {
      readonly by: "adopt";
      readonly operation: string;
      readonly options: ResolvedPortOptions;
      readonly fd: number;
      readonly family: Family | undefined;
    };

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
    const buffers = requestBuffers(owner.backend, main.socket, opening);
    return new PortSockets({ owner, opening, main, buffers, local: hostOf(main.socket, opening.operation) });
  });
}

/** The first socket, with its results. */
interface OpenedFirst {
  readonly owner: PortSocketsOwner;
  readonly opening: Opening;
  readonly main: PortSocket;
  readonly buffers: PortBuffers;
  readonly local: SocketAddress;
}

/** The socket that a port sends and receives with, and those opened beside it to be a member of more groups. */
export class PortSockets implements MemberSockets {
  readonly main: PortSocket;
  readonly buffers: PortBuffers;
  readonly #owner: PortSocketsOwner;
  readonly #opening: Opening;
  readonly #limits: ReadLimits;
  readonly #further: PortSocket[] = [];
  #local: SocketAddress;
  #isReading = false;
  #isReferenced = true;
  #isClosed = false;

  /** Takes sockets that are open: see {@link openPortSockets}. */
  constructor({ owner, opening, main, buffers, local }: OpenedFirst) {
    this.main = main;
    this.buffers = buffers;
    this.#owner = owner;
    this.#opening = opening;
    this.#local = local;
    this.#limits = {
      maxPacketBytes: opening.options.maxPacketBytes,
      maxDatagrams: MAX_DATAGRAMS_PER_WAKEUP,
      maxBytes: MAX_BYTES_PER_WAKEUP,
    };
  }

  /** Local address; after closing, the one it had. */
  get local(): SocketAddress {
    const local = this.#isClosed ? this.#local : this.main.socket.localAddress();
    if (typeof local !== "number") this.#local = local;
    return this.#local;
  }

  get all(): readonly PortSocket[] {
    return [this.main, ...this.#further];
  }

  get family(): Family {
    return this.main.socket.family;
  }

  /**
   * Opens a socket beside the first, on the same address and number. Refused without the capability `packetInfo`: each socket of a number
   * receives all of its multicast, and would deliver each datagram once more.
   */
  openFurther(): PortSocket | Outcome {
    const { backend, inbox, observer, statistics } = this.#owner;
    if (!backend.capabilities.has("packetInfo")) return ERRNO.ENOTSUP;
    const local = this.main.socket.localAddress();
    if (typeof local === "number") return local;
    const further = new PortSocket(inbox, observer, statistics);
    const options = this.#opening.by === "bind" ? this.#opening.options : bindOptionsOf(backend, this.main.socket);
    const siblings = this.all.map(({ socket }) => socket);
    const socket = openBeside(backend, siblings, { observer: further, local, options });
    if (typeof socket === "number") return socket;
    further.socket = socket;
    const outcome = this.#startFurther(socket);
    if (outcome < 0) {
      socket.close();
      return outcome;
    }
    this.#further.push(further);
    return further;
  }

  /** Closes a further socket that is not needed. */
  closeFurther(further: PortSocket): void {
    this.#further.splice(this.#further.indexOf(further), 1);
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
    this.#isReferenced = on;
    for (const { socket } of this.all) on ? socket.ref() : socket.unref();
  }

  /** Updates the counters that the backend keeps; they stay 0 where it has none. */
  countDrops(): void {
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
    return member !== this.main || this.family === 6 || !capabilities.has("set multicastAll");
  }

  /**
   * Broadcasts reach every socket of a number, so only the first lets them in. The others, too, let in only the peer of a connected port.
   */
  admission(member: PortSocket): Admission {
    if (member === this.main) return () => true;
    return (destination, batch, index) => {
      if (this.#isBroadcast(destination)) return false;
      const peer = this.#owner.observer.exclusivePeer();
      if (peer === undefined) return true;
      const from = batch.from(index);
      return from.address === peer.address && from.port === peer.port;
    };
  }

  #isBroadcast(destination: string): boolean {
    if (destination === "255.255.255.255") return true;
    return this.#owner.network.current().some(({ addresses }) => addresses.some(({ broadcast }) => broadcast === destination));
  }

  /** Gives a further socket the options of the first one, and reads if that does. */
  #startFurther(socket: DatagramSocket): Outcome {
    const { backend } = this.#owner;
    const { options } = this.#opening;
    setUp(backend, socket, options);
    for (const [name, bytes] of buffersOf(options)) {
      const outcome = socket.setOption(name, bytes);
      if (outcome < 0) return outcome;
    }
    if (!this.#isReferenced) socket.unref();
    return this.#isReading ? socket.startReading(this.#limits) : 0;
  }
}

function openFirst(backend: DatagramBackend, opening: Opening, observer: PortSocket): DatagramSocket {
  const { operation } = opening;
  if (opening.by === "adopt") return openAdopted(backend, operation, { fd: opening.fd, family: opening.family, observer });
  return openBound(backend, operation, { observer, local: opening.options.local, options: opening.options });
}

function setUp(backend: DatagramBackend, socket: DatagramSocket, { wantsArrival }: ResolvedPortOptions): void {
  applyDefaults(backend, socket);
  if (wantsArrival) requestArrivals(backend, socket);
}

function requestBuffers(backend: DatagramBackend, socket: DatagramSocket, { operation, options }: Opening): PortBuffers {
  const grants = buffersOf(options).map((size) => [
    size[0] === "receiveBufferBytes" ? "receive" : "send",
    Object.freeze(requestBuffer(backend, socket, operation, size)),
  ]);
  return Object.freeze(Object.fromEntries(grants)); // users are handed this very object
}

/** Returns the buffer sizes that were asked for. */
function buffersOf({ receiveBufferBytes, sendBufferBytes }: ResolvedPortOptions): readonly (readonly [BufferOption, number])[] {
  const rows: [BufferOption, number][] = [];
  if (receiveBufferBytes !== undefined) rows.push(["receiveBufferBytes", receiveBufferBytes]);
  if (sendBufferBytes !== undefined) rows.push(["sendBufferBytes", sendBufferBytes]);
  return rows;
}

type BufferOption = OptionName & ("receiveBufferBytes" | "sendBufferBytes");
