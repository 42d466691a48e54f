import type { DatagramBackend, DatagramSocket, Family, Outcome, ReadLimits, SocketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { Admission } from "./arrival-filter.js";
import type { Inbox } from "./inbox.js";
import type { ResolvedListenOptions, ResolvedPortOptions } from "./listen-options.js";
import { hostOf } from "./local-address.js";
import type { Network } from "./network.js";
import { applyDefaults, bindOptionsOf, closingOnThrow, openAdopted, openBeside, openBound, requestArrivals } from "./open-socket.js";
import type { PortBuffers } from "./port-buffers.js";
import { PortSocket, type PortSocketOwner } from "./port-socket.js";
import type { PortStatistics } from "./port-statistics.js";
import { requestBuffer } from "./socket-options.js";

// One wake-up of one socket: some 50 µs of JavaScript, so timers and other ports are not kept waiting.
const MAX_DATAGRAMS_PER_WAKEUP = 64;
const MAX_BYTES_PER_WAKEUP = 1024 * 1024;

/** How the first socket comes to be. */
export type Opening =
  | { readonly by: "bind"; readonly operation: string; readonly options: ResolvedListenOptions }
  | {
      readonly by: "adopt";
      readonly operation: string;
      readonly options: ResolvedPortOptions;
      readonly fd: number;
      readonly family: Family | undefined;
    };

/** What a port's sockets need of it. */
export interface PortSocketsOwner extends PortSocketOwner {
  readonly backend: DatagramBackend;
  readonly network: Network;
  readonly inbox: Inbox;
  readonly statistics: PortStatistics;
  /** The one peer whose datagrams are let in, if there is one. */
  exclusivePeer(): SocketAddress | undefined;
}

/** The socket a port sends and receives with, and those it opened beside it to be a member of more groups. */
export class PortSockets {
  readonly main: PortSocket;
  readonly buffers: PortBuffers;
  readonly #owner: PortSocketsOwner;
  readonly #opening: Opening;
  readonly #limits: ReadLimits;
  readonly #further: PortSocket[] = [];
  #local!: SocketAddress;
  #isReading = false;
  #isReferenced = true;
  #isClosed = false;

  /** Opens and binds, or adopts. @throws CannotListenError, SystemError, UnsupportedError; nothing is left open then. */
  constructor(owner: PortSocketsOwner, opening: Opening) {
    this.#owner = owner;
    this.#opening = opening;
    this.#limits = {
      maxPacketBytes: opening.options.maxPacketBytes,
      maxDatagrams: MAX_DATAGRAMS_PER_WAKEUP,
      maxBytes: MAX_BYTES_PER_WAKEUP,
    };
    this.main = this.#newSocket();
    this.main.socket = this.#openMain(this.main);
    let buffers: PortBuffers = {};
    closingOnThrow(this.main.socket, () => {
      buffers = this.#setUp(this.main.socket);
      this.#local = hostOf(this.main.socket, opening.operation);
    });
    this.buffers = buffers;
  }

  /** Whether somebody else opened the socket, and set its options. */
  get isAdopted(): boolean {
    return this.#opening.by === "adopt";
  }

  /** The local address; once closed, the one it was. */
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
   * Opens a socket beside the first, on the same address and number. Not where nobody can tell which of them a datagram is meant for:
   * each socket of a number is given all of its multicast, and would deliver it.
   */
  openFurther(): PortSocket | Outcome {
    if (!this.#owner.backend.capabilities.has("packetInfo")) return ERRNO.ENOTSUP;
    const local = this.main.socket.localAddress();
    if (typeof local === "number") return local;
    const further = this.#newSocket();
    const { backend } = this.#owner;
    const options = this.#opening.by === "bind" ? this.#opening.options : bindOptionsOf(backend, this.main.socket);
    const siblings = this.all.map(({ socket }) => socket);
    const socket = openBeside(backend, siblings, { observer: further, local, options });
    if (typeof socket === "number") return socket;
    further.socket = socket;
    closingOnThrow(socket, () => this.#setUp(socket));
    if (!this.#isReferenced) socket.unref();
    if (this.#isReading) socket.startReading(this.#limits);
    this.#further.push(further);
    return further;
  }

  /** Closes a socket that was opened in vain. */
  closeFurther(further: PortSocket): void {
    this.#further.splice(this.#further.indexOf(further), 1);
    further.socket.close();
  }

  startReading(): void {
    this.#isReading = true;
    for (const { socket } of this.all) {
      const outcome = socket.startReading(this.#limits);
      if (outcome < 0) this.#owner.readFailed(outcome);
    }
  }

  stopReading(): void {
    this.#isReading = false;
    for (const { socket } of this.all) socket.stopReading();
  }

  setReferenced(on: boolean): void {
    this.#isReferenced = on;
    for (const { socket } of this.all) on ? socket.ref() : socket.unref();
  }

  /** Brings the counters that the backend keeps up to date; they stay 0 where it cannot tell. */
  countDrops(): void {
    for (const name of ["kernelDrops", "unreadDrops"] as const) {
      if (!this.#owner.backend.capabilities.has(`get ${name}`)) continue;
      this.#owner.statistics[name] = this.all.reduce((sum, { socket }) => sum + Math.max(0, socket.getOption(name)), 0);
    }
  }

  close(): void {
    this.#local = this.local;
    this.#isClosed = true;
    for (const { socket } of this.all) socket.close();
  }

  /** Whether `on` lets in what its port should not have. */
  needsFilter(on: PortSocket): boolean {
    const { capabilities } = this.#owner.backend;
    if (!capabilities.has("packetInfo")) return false;
    return on !== this.main || this.family === 6 || !capabilities.has("set multicastAll");
  }

  /** Broadcasts reach every socket of a number, so the first alone takes them; and all keep to the peer of a connected port. */
  admission(on: PortSocket): Admission {
    if (on === this.main) return () => true;
    return (destination, batch, index) => {
      if (this.#isBroadcast(destination)) return false;
      const peer = this.#owner.exclusivePeer();
      if (peer === undefined) return true;
      const from = batch.from(index);
      return from.address === peer.address && from.port === peer.port;
    };
  }

  #isBroadcast(destination: string): boolean {
    if (destination === "255.255.255.255") return true;
    return this.#owner.network.current().some(({ addresses }) => addresses.some(({ broadcast }) => broadcast === destination));
  }

  #newSocket(): PortSocket {
    return new PortSocket(this.#owner.inbox, this.#owner, this.#owner.statistics);
  }

  #openMain(observer: PortSocket): DatagramSocket {
    const { backend } = this.#owner;
    const opening = this.#opening;
    if (opening.by === "adopt") return openAdopted(backend, opening.operation, { fd: opening.fd, family: opening.family, observer });
    return openBound(backend, opening.operation, { observer, local: opening.options.local, options: opening.options });
  }

  #setUp(socket: DatagramSocket): PortBuffers {
    const { backend } = this.#owner;
    const { operation, options } = this.#opening;
    applyDefaults(backend, socket);
    if (options.wantsArrival) requestArrivals(backend, socket);
    const { receiveBufferBytes: receive, sendBufferBytes: send } = options;
    return {
      ...(receive === undefined ? {} : { receive: requestBuffer(backend, socket, operation, ["receiveBufferBytes", receive]) }),
      ...(send === undefined ? {} : { send: requestBuffer(backend, socket, operation, ["sendBufferBytes", send]) }),
    };
  }
}
