import type { DatagramBatch, DatagramSocket, SocketAddress, SocketObserver } from "@groupcast/backend";
import { isObserved } from "../diagnostics.js";
import type { PortStatistics } from "../port-statistics.js";
import type { ArrivalFilter } from "../receiving/arrival-filter.js";
import { BatchSelection } from "../receiving/batch-selection.js";
import type { Inbox } from "../receiving/inbox.js";

/** Receiver of a socket's reports, datagrams excepted. */
export interface PortSocketOwner {
  /** The network takes datagrams again. */
  writable(): void;
  /** A datagram that the network took was lost. */
  sendFailed(errno: number, peer: SocketAddress | undefined): void;
  /** Reading from the socket failed. */
  readFailed(errno: number): void;
  /** Updates the counters of datagrams that were lost. */
  countDrops(): void;
  /** Returns the only peer whose datagrams are let in; undefined if all peers are. */
  exclusivePeer(): SocketAddress | undefined;
}

/** One socket of a port: filters arriving datagrams, if need be, and passes them on. A port has one, and more when it joins many groups. */
export class PortSocket implements SocketObserver {
  /** Set once, as soon as the backend has opened it. */
  socket!: DatagramSocket;
  /** Absent where the kernel keeps foreign datagrams out. */
  filter: ArrivalFilter | undefined;
  /** Whether the OS refused a further membership on this socket; cleared when one is left. */
  isFull = false;
  readonly #inbox: Inbox;
  readonly #owner: PortSocketOwner;
  readonly #statistics: PortStatistics;

  constructor(inbox: Inbox, owner: PortSocketOwner, statistics: PortStatistics) {
    this.#inbox = inbox;
    this.#owner = owner;
    this.#statistics = statistics;
  }

  received(batch: DatagramBatch): void {
    if (this.filter === undefined) this.#inbox.deliver(batch);
    else this.#deliverOwn(batch, this.filter);
    if (isObserved("groupcast:receive:drops")) this.#owner.countDrops();
  }

  writable(): void {
    this.#owner.writable();
  }

  sendFailed(errno: number, peer: SocketAddress | undefined): void {
    this.#owner.sendFailed(errno, peer);
  }

  failed(errno: number): void {
    this.#owner.readFailed(errno);
  }

  #deliverOwn(batch: DatagramBatch, filter: ArrivalFilter): void {
    const own = filter.select(batch);
    this.#statistics.foreign += batch.length - own.length - filter.copies;
    if (own.length > 0) this.#inbox.deliver(own);
    if (own instanceof BatchSelection) own.end();
  }
}
