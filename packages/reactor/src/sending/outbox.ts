/**
 * Sends the datagrams of a port for its protocol.
 *
 * Theory of operation: a datagram that `write` was given is refused by a throw when the caller is wrong, else it goes to its peer's or
 * its own destination: by way of the multicast rules where that is a group, and through the send queue. What the network answers
 * later is counted and reported from the event loop, never from inside `write`.
 */

import { type DatagramBackend, type DatagramSocket, maxPayloadBytes, type SocketAddress } from "@groupcast/backend";
import { type Clock, type Emitter, ERRNO, wrongType } from "@groupcast/base";
import type { MulticastSender } from "../multicast/multicast-sender.js";
import type { HostNetwork } from "../network/host-network.js";
import type { PortStatistics } from "../port-statistics.js";
import { MessageLengthError } from "../system-errors.js";
import type { Destination, PortEvents, WriteOptions } from "../transport.js";
import type { AddressBook } from "./address-book.js";
import { packetOrigin } from "./packet-origin.js";
import { Peer } from "./peer.js";
import { SendFailures } from "./send-failures.js";
import { SendQueue } from "./send-queue.js";
import type { SlabPool } from "./slab-pool.js";

const LINGER_MS = 1000; // how long a stopped port waits for the network to take what was written

/** What the outboxes of a reactor share. */
export interface OutboxContext {
  readonly backend: DatagramBackend;
  readonly clock: Clock;
  readonly network: HostNetwork;
  readonly addressBook: AddressBook;
  readonly slabs: SlabPool;
}

/** What an outbox needs. */
export interface OutboxOwner {
  readonly context: OutboxContext;
  readonly socket: DatagramSocket;
  /** The peer that the socket has already, if it has one. */
  readonly peer: SocketAddress | undefined;
  readonly statistics: PortStatistics;
  /** Decides how groups are sent to. */
  readonly sender: MulticastSender;
  readonly emitter: Emitter<PortEvents>;
  /** The peer of a connected port answered that nobody listens there. */
  connectionRefused(): void;
}

export class Outbox {
  readonly #owner: OutboxOwner;
  readonly #peer: Peer;
  readonly #queue: SendQueue;
  readonly #failures: SendFailures;
  #whenEmpty: (() => void) | undefined;

  constructor(owner: OutboxOwner) {
    const { context, socket, peer, statistics, emitter } = owner;
    this.#owner = owner;
    this.#peer = new Peer(socket, context.addressBook, peer);
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

  /** Where datagrams without a destination go. */
  get peer(): SocketAddress | undefined {
    return this.#peer.contact?.address;
  }

  /** The one whose datagrams the kernel lets in alone. */
  get exclusivePeer(): SocketAddress | undefined {
    return this.#peer.isExclusive ? this.peer : undefined;
  }

  /** As `write` of {@link UDPTransport}; `operation` is what the user called. */
  write(operation: string, data: Uint8Array | string, to: Destination | undefined, options: WriteOptions | undefined): boolean {
    const { address, isMulticast } = this.#peer.destination(operation, to);
    const lengthBytes = payloadBytes(operation, data);
    if (lengthBytes > maxPayloadBytes(address.family)) throw tooLong(operation, lengthBytes, address);
    const { context, sender } = this.#owner;
    let via = options === undefined ? undefined : packetOrigin(context.backend, context.network, address.family, options);
    if (isMulticast) {
      const settled = sender.settle(address, via);
      if (settled === "suppress") return this.#suppress();
      if ("errno" in settled) return this.#failLater(settled.errno, address, lengthBytes);
      via = settled.via;
    }
    const target = this.#peer.isExclusive ? undefined : address;
    return this.#queue.add(data, lengthBytes, target, via) || this.#drop(address, lengthBytes);
  }

  /** Sends what waits, so that an option that is set next concerns only what is written next. */
  flush(): void {
    this.#queue.flush();
  }

  /** What was written before goes where it was meant to. */
  connect(address: string, port: number): void {
    this.#queue.flush();
    this.#peer.connect(address, port);
  }

  disconnect(): void {
    const { exclusivePeer } = this;
    this.#queue.flush();
    this.#peer.disconnect();
    if (exclusivePeer !== undefined) this.#queue.addressTo(exclusivePeer);
  }

  /** The network takes datagrams again. */
  resume(): void {
    this.#queue.flushBacklog();
    if (this.#queue.length === 0) this.#whenEmpty?.();
  }

  /** A datagram came to nothing. Call from the event loop. */
  sendFailed(errno: number, to: SocketAddress | undefined, lengthBytes?: number): void {
    this.#failures.report(errno, to, lengthBytes);
  }

  /** Waits, within bounds, for the network to take what was written; counts what it did not. */
  async finish(): Promise<void> {
    this.#queue.flush();
    if (this.#queue.length > 0) await this.#emptied();
    this.abandon();
  }

  /** Gives up what waits. */
  abandon(): void {
    this.#owner.statistics.dropped += this.#queue.abandon();
  }

  #emptied(): Promise<void> {
    return new Promise((resolve) => {
      const timeout = this.#owner.context.clock.schedule(LINGER_MS, resolve);
      this.#whenEmpty = () => {
        timeout.cancel();
        resolve();
      };
    });
  }

  /** Multicast with TTL 0 and loopback mode off may go nowhere, so it goes nowhere. */
  #suppress(): true {
    this.#owner.statistics.suppressed++;
    return true;
  }

  /** The datagram was taken, and has come to nothing. */
  #failLater(errno: number, to: SocketAddress, lengthBytes: number): true {
    queueMicrotask(() => this.sendFailed(errno, to, lengthBytes));
    return true;
  }

  #drop(to: SocketAddress, lengthBytes: number): false {
    this.#owner.statistics.dropped++;
    queueMicrotask(() => this.#owner.emitter.emit("dropped", { to, lengthBytes }));
    return false;
  }
}

/** The length of what is sent; refuses what cannot be. */
function payloadBytes(operation: string, data: unknown): number {
  if (typeof data === "string") return Buffer.byteLength(data);
  if (data instanceof Uint8Array) return data.byteLength;
  throw wrongType(operation, "data", data, "a Uint8Array or a string");
}

function tooLong(operation: string, lengthBytes: number, { address, port }: SocketAddress): MessageLengthError {
  return new MessageLengthError(lengthBytes, { operation, errno: ERRNO.EMSGSIZE, address, port });
}
