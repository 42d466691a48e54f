/**
 * Sends the datagrams of a port for its protocol.
 *
 * Theory of operation: `write` throws when the caller is wrong. Otherwise the datagram goes to the peer or to its own destination: by way
 * of the multicast rules if that is a group, and through the send queue. Later answers of the network are counted and reported from the
 * event loop, never from inside `write`.
 */

import { type DatagramBackend, type DatagramSocket, maxPayloadBytes, type SocketAddress } from "@groupcast/backend";
import { type Clock, type Emitter, ERRNO, type ScheduledCall, StateError, wrongType } from "@groupcast/base";
import type { MulticastSender } from "../multicast/multicast-sender.js";
import type { HostNetwork } from "../network/host-network.js";
import { readIfSupported } from "../network/socket-options.js";
import type { PortStatistics } from "../port-statistics.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import { MessageLengthError } from "../system-errors.js";
import type { Destination, PortEvents, WriteOptions } from "../transport.js";
import type { AddressBook, Contact } from "./address-book.js";
import { Fate } from "./fate.js";
import { packetOrigin } from "./packet-origin.js";
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
  /** The peer of a connected port answered that no socket listens there. */
  connectionRefused(): void;
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
  #waiting: Waiting[] = []; // for the queue to be empty
  #fate: Fate | undefined; // of the datagram that send() is about to queue

  /** Sends nothing yet. */
  constructor(owner: OutboxOwner) {
    const { context, socket, peer, statistics, emitter } = owner;
    this.#owner = owner;
    this.#peer = new Peer(socket, context.addressBook, peer, () => isOnLink(context.backend, socket));
    this.#failures = new SendFailures(statistics, emitter, {
      isConnected: () => this.#peer.isExclusive,
      connectionRefused: () => owner.connectionRefused(),
    });
    this.#queue = new SendQueue(socket, context.slabs, statistics, {
      sendFailed: (errno, to, lengthBytes) => this.sendFailed(errno, to ?? this.peer, lengthBytes),
      drained: () => void emitter.emit("drain"),
    });
  }

  /** Number of datagrams that wait for the network. */
  get length(): number {
    return this.#queue.length;
  }

  /** Destination of datagrams that name none. */
  get peer(): SocketAddress | undefined {
    return this.#peer.contact?.address;
  }

  /** The only peer whose datagrams the kernel lets in; undefined where it lets in all. */
  get exclusivePeer(): SocketAddress | undefined {
    return this.#peer.isExclusive ? this.peer : undefined;
  }

  /** `write` of {@link UDPTransport}; `operation` is the method that the user called. */
  write(operation: string, data: Uint8Array | string, to: Destination | undefined, options: WriteOptions | undefined): boolean {
    const { address, isMulticast } = this.#peer.destination(operation, to);
    const lengthBytes = payloadBytes(operation, data);
    if (lengthBytes > maxPayloadBytes(address.family)) throw tooLong(operation, lengthBytes, address);
    const { context, sender } = this.#owner;
    let via = options === undefined ? undefined : packetOrigin(context.backend, context.network, address.family, options);
    if (typeof via === "number") return this.#failLater(via, address, lengthBytes);
    if (isMulticast) {
      const settled = sender.settle(address, via);
      if (settled === "suppress") return this.#suppress();
      if ("errno" in settled) return this.#failLater(settled.errno, address, lengthBytes);
      via = settled.via;
    }
    const target = this.#peer.isExclusive ? undefined : address;
    if (!this.#queue.add(data, lengthBytes, target, via)) return this.#drop(address, lengthBytes);
    if (this.#fate !== undefined) this.#queue.follow(this.#fate.of(address, lengthBytes));
    return true;
  }

  /** `send` of {@link UDPTransport}. Throws what `write` throws. */
  send(data: Uint8Array | string, to: Destination | undefined, options: WriteOptions | undefined): Promise<void> {
    const fate = new Fate((errno, address, lengthBytes) => this.#failures.errorFor(errno, address ?? this.peer, lengthBytes));
    this.#fate = fate;
    try {
      this.write("send", data, to, options);
    } finally {
      this.#fate = undefined;
    }
    return fate.promise;
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

  /** Sends waiting datagrams, so that an option that is set next affects only later ones. */
  flush(): void {
    this.#queue.flush();
  }

  /** `connect` of {@link UDPTransport}. Datagrams written before keep their destinations. */
  connect(address: string, port: number, operation = "connect"): void {
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
    if (this.#queue.length > 0) return;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  /** A datagram was lost. Call from the event loop. */
  sendFailed(errno: number, to: SocketAddress | undefined, lengthBytes?: number): void {
    this.#failures.report(errno, to, lengthBytes);
  }

  /** Waits, within bounds, for the network to take waiting datagrams; counts those that it did not take. Rejects with what the clock throws. */
  async finish(): Promise<void> {
    this.#queue.flush();
    try {
      if (this.#queue.length > 0) await this.#emptied();
    } finally {
      this.abandon();
    }
  }

  /** Gives up waiting datagrams, and counts them as dropped. */
  abandon(): void {
    this.#owner.statistics.dropped += this.#queue.abandon();
    for (const { reject } of this.#waiting.splice(0)) reject(new StateError(REACTOR_ERRORS.ERR_CLOSED, "drained"));
  }

  async #emptied(): Promise<void> {
    let timeout = undefined as ScheduledCall | undefined;
    await new Promise<void>((resolve) => {
      this.#waiting.push({ resolve, reject: () => resolve() });
      timeout = this.#owner.context.clock.schedule(LINGER_MS, resolve);
    });
    timeout?.cancel(); // here, not in the backend's callback: a clock may be user code, and throw
  }

  /** Counts a datagram that is not sent: multicast with TTL 0 and loopback mode off may reach nobody. */
  #suppress(): true {
    this.#owner.statistics.suppressed++;
    this.#fate?.take();
    return true;
  }

  /** Takes the datagram, and reports it as lost later. */
  #failLater(errno: number, to: SocketAddress, lengthBytes: number): true {
    if (this.#fate === undefined) queueMicrotask(() => this.sendFailed(errno, to, lengthBytes));
    else this.#fate.of(to, lengthBytes).refuse(errno);
    return true;
  }

  #drop(to: SocketAddress, lengthBytes: number): false {
    this.#owner.statistics.dropped++;
    if (this.#fate !== undefined) this.#fate.of(to, lengthBytes).abandon(REACTOR_ERRORS.ERR_SEND_QUEUE_FULL);
    else queueMicrotask(() => this.#owner.emitter.emit("dropped", { to, lengthBytes }));
    return false;
  }
}

/** Returns the length of a payload, in bytes. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. */
function payloadBytes(operation: string, data: unknown): number {
  if (typeof data === "string") return Buffer.byteLength(data);
  if (data instanceof Uint8Array) return data.byteLength;
  throw wrongType(operation, "data", data, "a Uint8Array or a string");
}

function tooLong(operation: string, lengthBytes: number, { address, port, family }: SocketAddress): MessageLengthError {
  const advice = `send at most ${maxPayloadBytes(family)} bytes in one datagram, not ${lengthBytes}`;
  return new MessageLengthError(lengthBytes, { operation, errno: ERRNO.EMSGSIZE, address, port, advice });
}

/** Whether the socket is bound to an interface, or to an address of one link. */
function isOnLink(backend: DatagramBackend, socket: DatagramSocket): boolean {
  if (readIfSupported(backend, socket, "bindToInterface", 0) > 0) return true;
  const local = socket.localAddress();
  return typeof local === "object" && local.address.includes("%");
}
