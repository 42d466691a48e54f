/** Calls the observer of a socket: one wake-up at a time, and never once it is closed. */
import type { ReadLimits, SocketAddress, SocketObserver } from "@groupcast/backend";
import type { Sleeper, Wire } from "../clock/wire.js";
import type { HostInterface } from "../host/host-interface.js";
import type { Packet } from "../network/packet.js";
import { ReceiveQueue } from "./receive-queue.js";
import { type BatchContext, ReceivedBatch } from "./received-batch.js";

interface Failure {
  readonly errno: number;
  readonly peer: SocketAddress;
}

export class SocketReader implements Sleeper {
  readonly #wire: Wire;
  readonly #observer: SocketObserver;
  readonly #queue = new ReceiveQueue();
  readonly #batch: ReceivedBatch;
  #failures: Failure[] = [];
  #limits: ReadLimits | undefined; // undefined: not reading
  #isWritable = false;
  #isWritablePromised = false;
  #isWoken = false;
  #isClosed = false;

  constructor(wire: Wire, observer: SocketObserver, context: BatchContext) {
    this.#wire = wire;
    this.#observer = observer;
    this.#batch = new ReceivedBatch(context);
  }

  /** Datagrams that found the buffer full. */
  get drops(): number {
    return this.#queue.drops;
  }

  start(limits: ReadLimits): void {
    this.#limits = limits;
    if (this.#queue.length > 0) this.#wakeSoon();
  }

  stop(): void {
    this.#limits = undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#limits = undefined;
    this.#queue.clear();
  }

  /** Takes a datagram; returns false when the buffer of `limitBytes` has no room. */
  push(packet: Packet, ingress: HostInterface, limitBytes: number): boolean {
    if (!this.#queue.push(packet, ingress, this.#wire.nowMs(), limitBytes)) return false;
    if (this.#limits !== undefined) this.#wakeSoon();
    return true;
  }

  /** Reports, soon, that a datagram is lost. Errors that nobody asked for share one place, as `sk_err` of the kernel. */
  failSoon(errno: number, peer: SocketAddress, isQueued: boolean): void {
    if (!isQueued) this.#failures.length = 0;
    this.#failures.push({ errno, peer });
    this.#wakeSoon();
  }

  /** Calls `writable()` in `delayMs`, once, however often it was promised. */
  promiseWritable(delayMs: number): void {
    if (this.#isWritablePromised) return;
    this.#isWritablePromised = true;
    this.#wire.call(delayMs, () => {
      this.#isWritable = true;
      this.#wakeSoon();
    });
  }

  wake(): void {
    this.#isWoken = false;
    try {
      this.#reportFailures();
      if (this.#isWritable && !this.#isClosed) this.#reportWritable();
      if (this.#limits !== undefined && this.#queue.length > 0) this.#deliver(this.#limits);
    } finally {
      if (this.#hasMore) this.#wakeSoon();
    }
  }

  #reportFailures(): void {
    for (let failure = this.#failures.shift(); failure !== undefined; failure = this.#failures.shift()) {
      if (this.#isClosed) return;
      this.#observer.sendFailed(failure.errno, failure.peer);
    }
  }

  #reportWritable(): void {
    this.#isWritable = false;
    this.#isWritablePromised = false;
    this.#observer.writable();
  }

  #deliver({ maxPacketBytes, maxDatagrams, maxBytes }: ReadLimits): void {
    const batch = this.#batch;
    batch.begin(maxPacketBytes);
    this.#queue.take(batch.arrived, maxDatagrams, maxBytes);
    try {
      this.#observer.received(batch);
    } finally {
      batch.end();
    }
  }

  get #hasMore(): boolean {
    return !this.#isClosed && (this.#failures.length > 0 || this.#isWritable || (this.#limits !== undefined && this.#queue.length > 0));
  }

  #wakeSoon(): void {
    if (this.#isWoken || this.#isClosed) return;
    this.#isWoken = true;
    this.#wire.wakeSoon(this);
  }
}
