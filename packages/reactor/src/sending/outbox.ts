/**
 * Sends the datagrams of a port for its protocol.
 *
 * Theory of operation: `write` throws when the caller is wrong. Otherwise the datagram goes to the peer or to its own destination: by way
 * of the multicast rules if that is a group, and through the send queue. Later answers of the network are counted and reported from the
 * event loop, never from inside `write`.
 */

import {
  type DatagramBackend,
  type DatagramSocket,
  maxPayloadBytes,
  type PacketOrigin,
  type SocketAddress,
  withoutZone,
} from "@groupcast/backend";
import { type Clock, type Emitter, ERRNO, type ScheduledCall, StateError } from "@groupcast/base";
import type { MulticastSender } from "../multicast/multicast-sender.js";
import type { HostNetwork } from "../network/host-network.js";
import { notTheOnly } from "../network/only-interface.js";
import { readIfSupported } from "../network/socket-options.js";
import type { PortStatistics } from "../port-statistics.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { SendReceipt } from "../send-receipt.js";
import { MessageLengthError } from "../system-errors.js";
import type { Destination, PortEvents, SendFailure, WriteOptions } from "../transport.js";
import type { AddressBook, Contact } from "./address-book.js";
import { Fate } from "./fate.js";
import { Pacer } from "./pacer.js";
import { packetOrigin } from "./packet-origin.js";
import { lengthOf, payloadBytes } from "./payload.js";
import { Peer } from "./peer.js";
import { SendFailures } from "./send-failures.js";
import { SendQueue } from "./send-queue.js";
import type { SlabPool } from "./slab-pool.js";

const LINGER_MS = 1000; // a stopped port waits so long for the network to take its datagrams

/** Parts of a reactor that its outboxes share. */
export interface OutboxContext {
  readonly backend: DatagramBackend;
  readonly clock: Clock;
  readonly network: HostNetwork;
  readonly addressBook: AddressBook;
  readonly slabs: SlabPool;
}

/** Dependencies of {@link Outbox}. */
export interface OutboxOwner {
  readonly context: OutboxContext;
  readonly socket: DatagramSocket;
  /** The peer that the socket has already, if it has one. */
  readonly peer: SocketAddress | undefined;
  readonly statistics: PortStatistics;
  /** Decides the way to send to groups. */
  readonly sender: MulticastSender;
  readonly emitter: Emitter<PortEvents>;
  readonly observer: OutboxObserver;
}

/** Receiver of an outbox's reports that are no events. */
export interface OutboxObserver {
  /** The peer of a connected port answered that no socket listens there. */
  connectionRefused(): void;
  /** Publishes a failure for `node:diagnostics_channel`. */
  publishFailure(failure: SendFailure): void;
  /** The reactor's clock threw. Called from the event loop. */
  readonly report: (thrown: unknown) => void;
}

/** A call that sends: its name, and the list that gets the fates of its datagrams where it waits for them. */
export interface SendCall {
  readonly operation: string;
  readonly fates?: Fate[];
}

/** A datagram that is known to be lost before the queue has it. */
interface Loss {
  readonly errno: number;
  readonly to: SocketAddress;
  readonly lengthBytes: number;
  /** Interface that it was to leave by. */
  readonly by?: string | undefined;
}

/** A promise that waits for the queue. */
interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

/** Outbox of one port. */
export class Outbox {
  readonly #owner: OutboxOwner;
  readonly #peer: Peer;
  readonly #queue: SendQueue;
  readonly #failures: SendFailures;
  #pacer: Pacer | undefined;
  #isClosed = false;
  #waiting: Waiting[] = []; // for the queue to be empty

  /** Sends nothing yet. */
  constructor(owner: OutboxOwner) {
    const { context, socket, peer, statistics, emitter } = owner;
    this.#owner = owner;
    this.#peer = new Peer(socket, context.addressBook, peer, () => isOnLink(context.backend, socket));
    this.#failures = new SendFailures(statistics, emitter, {
      isConnectedTo: (peer) => this.#peer.isExclusive && (peer === undefined || isSame(peer, this.peer!)),
      connectionRefused: () => owner.observer.connectionRefused(),
      publishFailure: (failure) => owner.observer.publishFailure(failure),
    });
    this.#queue = new SendQueue(socket, context.slabs, statistics, {
      sendFailed: (errno, to = this.peer, lengthBytes, via) => this.#failures.report(errno, to, lengthBytes, this.#nameOf(via)),
      emptied: () => this.#emptied(),
      drained: () => void emitter.emit("drain"),
    });
  }

  /** Number of datagrams that wait for the network. */
  get length(): number {
    return this.#queue.length;
  }

  /** Number of their bytes. */
  get bytes(): number {
    return this.#queue.bytes;
  }

  /** Destination of datagrams that name none. */
  get peer(): SocketAddress | undefined {
    return this.#peer.contact?.address;
  }

  /** The only peer whose datagrams the kernel lets in; undefined where it lets in all. */
  get exclusivePeer(): SocketAddress | undefined {
    return this.#peer.isExclusive ? this.peer : undefined;
  }

  /** `write` of {@link UDPTransport}. */
  write({ operation, fates }: SendCall, data: Uint8Array | string, to: Destination | undefined, options?: WriteOptions): boolean {
    const contact = this.#peer.destination(operation, to);
    this.#checkOpen(operation);
    const { address } = contact;
    if (address.scope !== undefined) this.#checkZone(operation, address);
    const lengthBytes = payloadBytes(operation, data);
    if (lengthBytes > maxPayloadBytes(address.family)) throw tooLong(operation, lengthBytes, address);
    if (options === undefined && fates === undefined && !contact.isMulticast) {
      const target = this.#peer.isExclusive ? undefined : address; // most datagrams: straight to the queue, since each step costs ns
      return this.#queue.add(data, lengthBytes, target, undefined) || this.#drop(undefined, address, lengthBytes, undefined);
    }
    if (options === undefined) return this.#send(data, contact, undefined, this.#follow(fates));
    const { backend, network } = this.#owner.context;
    const via = packetOrigin({ operation, to: contact, options, only: this.#owner.sender.only }, backend, network);
    this.#checkOpen(operation);
    if (typeof via === "number") return this.#failLater({ errno: via, to: address, lengthBytes }, this.#follow(fates));
    if (via === undefined || "interfaceIndex" in via) return this.#send(data, contact, via, this.#follow(fates));
    if (via.length === 0) return this.#failLater({ errno: ERRNO.ENODEV, to: address, lengthBytes }, this.#follow(fates));
    // Each copy is a datagram of its own, with a fate of its own: one that is refused does not stop the others.
    const outcomes = via.map((origin) => this.#send(data, contact, origin, this.#follow(fates)));
    return outcomes.every(Boolean);
  }

  /** `send` of {@link UDPTransport}. Throws what `write` throws. */
  async send(data: Uint8Array | string, to: Destination | undefined, options: WriteOptions | undefined): Promise<void> {
    const fates: Fate[] = []; // in no field of the port: getters of the arguments may send, too
    this.write({ operation: "send", fates }, data, to, options);
    if (fates.length === 1) return await fates[0]!.settled();
    const settled = await Promise.allSettled(fates.map((fate) => fate.settled()));
    for (const fate of settled) if (fate.status === "rejected") throw fate.reason;
  }

  /** `post` of {@link UDPTransport}. */
  post(data: Uint8Array | string, to: Destination | undefined): SendReceipt {
    const fates: Fate[] = [];
    this.write({ operation: "post", fates }, data, to);
    return fates[0]!; // without options there is one datagram
  }

  /** `drained` of {@link UDPTransport}. */
  async drained(): Promise<void> {
    this.#queue.flush();
    if (this.#queue.length > 0) await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Returns the destination of a datagram to `to`. @throws InvalidArgumentError as `write` documents. */
  contact(operation: string, to: Destination | undefined): Contact {
    return this.#peer.destination(operation, to);
  }

  /** Sends waiting datagrams, so that an option that is set next affects only later ones, and those that the network does not take yet. */
  flush(): void {
    this.#queue.flush();
  }

  /** Largest number of bytes a second; undefined: no limit. */
  get bytesPerSecond(): number | undefined {
    return this.#pacer?.bytesPerSecond;
  }

  /** Sends at most so many bytes a second from now on, headers of IP and UDP included; undefined: without a limit. */
  pace(bytesPerSecond: number | undefined): void {
    this.#pacer?.stop();
    if (bytesPerSecond === undefined) this.#pacer = undefined;
    else if (this.#pacer === undefined) this.#pacer = this.#makePacer(bytesPerSecond);
    else this.#pacer.changeTo(bytesPerSecond);
    this.#queue.paceBy(this.#pacer);
  }

  /** `cork` of {@link UDPTransport}. */
  pause(): void {
    this.#queue.pause();
  }

  /** `uncork` of {@link UDPTransport}. */
  unpause(): void {
    this.#queue.resume();
  }

  /** `connect` of {@link UDPTransport}. Datagrams written before keep their destinations. */
  connect(address: string, port: number, operation = "connect"): void {
    this.#checkZone(operation, this.#owner.context.addressBook.find(operation, address, port).address);
    this.#queue.flush();
    this.#peer.connect(operation, address, port);
  }

  /** `disconnect` of {@link UDPTransport}. Datagrams written before still go to the peer. */
  disconnect(): void {
    const { exclusivePeer } = this;
    this.#queue.flush();
    this.#peer.disconnect();
    if (exclusivePeer !== undefined) this.#queue.addressTo(exclusivePeer);
  }

  /** The network takes datagrams again. */
  resume(): void {
    this.#queue.flushBacklog();
  }

  /** A datagram was lost. Call from the event loop. */
  sendFailed(errno: number, to: SocketAddress | undefined): void {
    this.#failures.report(errno, to);
  }

  /** Waits, within bounds, for the network to take waiting datagrams; counts those that it did not take. Rejects with what the clock throws. */
  async finish(): Promise<void> {
    this.#queue.flush();
    try {
      if (this.#queue.length > 0) await this.#emptiedInTime();
    } finally {
      this.abandon();
    }
  }

  /** Gives up waiting datagrams, and counts them as dropped. */
  abandon(): void {
    this.#isClosed = true;
    this.#owner.statistics.dropped += this.#queue.abandon();
    for (const { reject } of this.#waiting.splice(0)) reject(new StateError(REACTOR_ERRORS.ERR_CLOSED, "drained"));
  }

  /** A getter of the arguments may have stopped the port. */
  #checkOpen(operation: string): void {
    if (this.#isClosed) throw new StateError(REACTOR_ERRORS.ERR_CLOSED, operation);
  }

  #makePacer(bytesPerSecond: number): Pacer {
    const { context, socket, observer } = this.#owner;
    const isDue = (): void => this.#queue.flushBacklog();
    const report = (thrown: unknown): void => queueMicrotask(() => observer.report(thrown)); // a listener may write, and a write asks the clock
    return new Pacer({ clock: context.clock, family: socket.family, isDue, report }, bytesPerSecond);
  }

  #send(data: Uint8Array | string, { address, isMulticast }: Contact, origin: PacketOrigin | undefined, fate: Fate | undefined): boolean {
    const lengthBytes = lengthOf(data);
    let via = origin;
    if (isMulticast) {
      const settled = this.#owner.sender.settle(address, origin);
      if (settled === "suppress") return this.#suppress(fate);
      if ("errno" in settled) {
        const by = settled.interface ?? this.#nameOf(origin);
        return this.#failLater({ errno: settled.errno, to: address, lengthBytes, by }, fate);
      }
      via = settled.via;
    }
    const target = this.#peer.isExclusive ? undefined : address;
    if (!this.#queue.add(data, lengthBytes, target, via)) return this.#drop(fate, address, lengthBytes, this.#nameOf(via));
    if (fate !== undefined) this.#queue.follow(fate.of(address, lengthBytes, this.#nameOf(via)));
    return true;
  }

  /** Adds the fate of one more datagram to `fates`; undefined where nobody waits for it. */
  #follow(fates: Fate[] | undefined): Fate | undefined {
    if (fates === undefined) return undefined;
    const fate = new Fate((errno, address, lengthBytes, by) => this.#failures.errorFor(errno, address ?? this.peer, lengthBytes, by));
    fates.push(fate);
    return fate;
  }

  /** Returns the name of the interface that a datagram was to leave by; undefined where it named none. */
  #nameOf(via: PacketOrigin | undefined): string | undefined {
    if (via === undefined || via.interfaceIndex === 0) return undefined;
    const iface = this.#owner.context.network.current().find(({ index }) => index === via.interfaceIndex);
    return iface?.name ?? String(via.interfaceIndex); // it is gone
  }

  /** Refuses a destination whose zone is another interface than the only one of the port. @throws InvalidArgumentError `ERR_INTERFACE_FIXED`. */
  #checkZone(operation: string, { address, scope }: SocketAddress): void {
    const { only } = this.#owner.sender;
    if (only === undefined || scope === undefined) return;
    const named = this.#owner.context.network.current().find(({ name }) => name === scope);
    if (named?.index !== only.index) throw notTheOnly(operation, "address", address, only);
  }

  #emptied(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  async #emptiedInTime(): Promise<void> {
    let timeout = undefined as ScheduledCall | undefined;
    await new Promise<void>((resolve) => {
      this.#waiting.push({ resolve, reject: () => resolve() });
      timeout = this.#owner.context.clock.schedule(LINGER_MS, resolve);
    });
    timeout?.cancel(); // here, not in the backend's callback: a clock may be user code, and throw
  }

  /** Counts a datagram that is not sent: multicast with TTL 0 and loopback mode off may reach nobody. */
  #suppress(fate: Fate | undefined): true {
    this.#owner.statistics.suppressed++;
    fate?.take();
    return true;
  }

  /** Takes the datagram, and reports it as lost later. */
  #failLater({ errno, to, lengthBytes, by }: Loss, fate: Fate | undefined): true {
    if (fate === undefined) queueMicrotask(() => this.#failures.report(errno, to, lengthBytes, by));
    else fate.of(to, lengthBytes, by).refuse(errno);
    return true;
  }

  #drop(fate: Fate | undefined, to: SocketAddress, lengthBytes: number, by: string | undefined): false {
    this.#owner.statistics.dropped++;
    const drop = { to, lengthBytes, ...(by !== undefined && { interface: by }) };
    if (fate !== undefined) fate.of(to, lengthBytes, by).abandon(REACTOR_ERRORS.ERR_SEND_QUEUE_FULL);
    else queueMicrotask(() => this.#owner.emitter.emit("dropped", drop));
    return false;
  }
}

function tooLong(operation: string, lengthBytes: number, { address, port, family }: SocketAddress): MessageLengthError {
  const advice = `send at most ${maxPayloadBytes(family)} bytes in one datagram, not ${lengthBytes}`;
  return new MessageLengthError(lengthBytes, { operation, errno: ERRNO.EMSGSIZE, address, port, advice });
}

function isSame(one: SocketAddress, other: SocketAddress): boolean {
  return one.port === other.port && withoutZone(one.address) === withoutZone(other.address);
}

/** Whether the socket is bound to an interface, or to an address of one link. */
function isOnLink(backend: DatagramBackend, socket: DatagramSocket): boolean {
  if (readIfSupported(backend, socket, "bindToInterface", 0) > 0) return true;
  const local = socket.localAddress();
  return typeof local === "object" && local.address.includes("%");
}
