/**
 * What a port has been told to send and the network has not taken yet.
 *
 * Theory of operation: `write` copies a datagram into the *burst* (a slab borrowed for this turn). The burst is flushed when it is
 * full, or in a microtask: when the JavaScript that runs now has run. Node runs microtasks after each callback from native code, so
 * what a protocol writes while a batch is delivered to it leaves as one batch, each peer's datagrams side by side. What the network does not take at once (EAGAIN) moves
 * into the *backlog*, which is bounded; while that is not empty, new datagrams queue behind it, or are refused. Failures are told
 * from a microtask, never from inside `write`.
 */

import type { DatagramSocket, PacketOrigin, SendBatch, SocketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { PortStatistics } from "./port-statistics.js";
import { MAX_BURST_DATAGRAMS, SLAB_BYTES, type SlabPool } from "./slab-pool.js";

const MAX_BACKLOG_DATAGRAMS = 1024;
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;

const NOW = Promise.resolve();

/** What the queue tells its port; each call comes from the event loop. */
export interface SendQueueObserver {
  sendFailed(errno: number, to: SocketAddress | undefined, lengthBytes: number): void;
  drained(): void;
}

interface Waiting {
  readonly bytes: Buffer;
  to: SocketAddress | undefined;
  readonly via: PacketOrigin | undefined;
}

export class SendQueue {
  readonly #socket: DatagramSocket;
  readonly #slabs: SlabPool;
  readonly #statistics: PortStatistics;
  readonly #observer: SendQueueObserver;
  readonly #to: (SocketAddress | undefined)[] = [];
  readonly #via: (PacketOrigin | undefined)[] = [];
  readonly #backlog: Waiting[] = [];
  readonly #flushLater = (): void => this.flush();
  #offsets: Int32Array | undefined;
  #slab: Buffer | undefined;
  #count = 0;
  #burstBytes = 0;
  #turns = 0; // how often a datagram of the burst goes elsewhere than the one before
  #backlogBytes = 0;
  #hasRefused = false;
  #failures: { errno: number; to: SocketAddress | undefined; lengthBytes: number }[] = [];

  constructor(socket: DatagramSocket, slabs: SlabPool, statistics: PortStatistics, observer: SendQueueObserver) {
    this.#socket = socket;
    this.#slabs = slabs;
    this.#statistics = statistics;
    this.#observer = observer;
  }

  /** Datagrams that wait, in the burst or in the backlog. */
  get length(): number {
    return this.#count + this.#backlog.length;
  }

  /** Queues a copy of `data`; false when the backlog is full. */
  add(data: Uint8Array | string, lengthBytes: number, to: SocketAddress | undefined, via: PacketOrigin | undefined): boolean {
    if (this.#backlog.length > 0) return this.#addToBacklog(data, to, via);
    if (this.#count === MAX_BURST_DATAGRAMS || (this.#count > 0 && this.#burstBytes + lengthBytes > SLAB_BYTES)) {
      this.flush();
      if (this.#backlog.length > 0) return this.#addToBacklog(data, to, via);
    }
    if (this.#count === 0) this.#startBurst();
    const start = this.#burstBytes;
    if (typeof data === "string") this.#slab!.write(data, start, lengthBytes);
    else this.#slab!.set(data, start);
    if (this.#count > 0 && to !== this.#to[this.#count - 1]) this.#turns++;
    this.#to[this.#count] = to;
    this.#via[this.#count] = via;
    this.#burstBytes = start + lengthBytes;
    this.#offsets![++this.#count] = this.#burstBytes;
    return true;
  }

  /** Gives the network what waits in the burst. */
  flush(): void {
    if (this.#count === 0) return;
    const count = this.#count;
    const written: SendBatch = { bytes: this.#slab!, offsets: this.#offsets!, to: this.#to, via: this.#via };
    const batch = this.#turns > 1 ? this.#slabs.arrangement.arrange(written, count) : written;
    const taken = this.#send(batch, count);
    for (let i = taken; i < count; i++) {
      const bytes = Buffer.from(batch.bytes.subarray(batch.offsets[i], batch.offsets[i + 1]));
      this.#backlog.push({ bytes, to: batch.to[i], via: batch.via[i] });
      this.#backlogBytes += bytes.length;
    }
    this.#endBurst();
  }

  /** The network takes datagrams again. */
  flushBacklog(): void {
    while (this.#backlog.length > 0) {
      const { bytes, to, via } = this.#backlog[0]!;
      const taken = this.#send({ bytes, offsets: Int32Array.of(0, bytes.length), to: [to], via: [via] }, 1);
      if (taken === 0) return;
      this.#backlog.shift();
      this.#backlogBytes -= bytes.length;
    }
    if (!this.#hasRefused) return;
    this.#hasRefused = false;
    this.#observer.drained();
  }

  /** The peer is about to be forgotten: what waits for it keeps it as destination. */
  addressTo(peer: SocketAddress): void {
    for (const waiting of this.#backlog) waiting.to ??= peer;
  }

  /** Forgets what waits; returns how many datagrams that were. */
  abandon(): number {
    const { length } = this;
    if (this.#count > 0) this.#endBurst();
    this.#backlog.length = 0;
    this.#backlogBytes = 0;
    return length;
  }

  #startBurst(): void {
    this.#offsets ??= new Int32Array(MAX_BURST_DATAGRAMS + 1);
    this.#slab = this.#slabs.borrow(this);
    void NOW.then(this.#flushLater); // queueMicrotask() makes an AsyncResource each time
  }

  #endBurst(): void {
    this.#slabs.giveBack(this, this.#slab!);
    this.#slab = undefined;
    this.#count = this.#burstBytes = this.#turns = 0;
  }

  #addToBacklog(data: Uint8Array | string, to: SocketAddress | undefined, via: PacketOrigin | undefined): boolean {
    const bytes = Buffer.from(data as Uint8Array);
    if (this.#backlog.length >= MAX_BACKLOG_DATAGRAMS || this.#backlogBytes + bytes.length > MAX_BACKLOG_BYTES) {
      this.#hasRefused = true;
      return false;
    }
    this.#backlog.push({ bytes, to, via });
    this.#backlogBytes += bytes.length;
    return true;
  }

  /** Returns how many of `batch` are done with, sent or failed; the rest has to wait. */
  #send(batch: SendBatch, count: number): number {
    let next = 0;
    while (next < count) {
      const outcome = this.#socket.send(batch, next, count);
      if (outcome === ERRNO.EAGAIN) break;
      if (outcome > 0) this.#countSent(batch, next, outcome);
      else this.#fail(outcome, batch.to[next], batch.offsets[next + 1]! - batch.offsets[next]!);
      next += Math.max(1, outcome);
    }
    return next;
  }

  #countSent({ offsets }: SendBatch, from: number, count: number): void {
    this.#statistics.sent += count;
    this.#statistics.sentBytes += offsets[from + count]! - offsets[from]!;
  }

  #fail(errno: number, to: SocketAddress | undefined, lengthBytes: number): void {
    if (this.#failures.length === 0) queueMicrotask(() => this.#tellFailures());
    this.#failures.push({ errno, to, lengthBytes });
  }

  #tellFailures(): void {
    const failures = this.#failures;
    this.#failures = [];
    for (const { errno, to, lengthBytes } of failures) this.#observer.sendFailed(errno, to, lengthBytes);
  }
}
