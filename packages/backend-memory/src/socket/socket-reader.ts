/** Everything a socket tells its observer: one wake-up at a time, and nothing once it is closed. */
import type { ReadLimits, SocketAddress, SocketObserver } from "@groupcast/backend";
import type { Sleeper } from "../clock/wire.js";
import type { HostInterface } from "../host/host-interface.js";
import type { Fabric } from "../network/fabric.js";
import type { Packet } from "../network/packet.js";
import { ReceiveQueue } from "./receive-queue.js";
import { type BatchContext, ReceivedBatch } from "./received-batch.js";

interface Failure {
  readonly errno: number;
  readonly peer: SocketAddress;
}

export class SocketReader implements Sleeper {
  readonly #fabric: Fabric;
  readonly #observer: SocketObserver;
  readonly #queue = new ReceiveQueue();
  readonly #batch: ReceivedBatch;
  #failures: Failure[] = [];
  #limits: ReadLimits | undefined; // undefined: not reading
  #isWritable = false;
  #isWritablePromised = false;
  #isWoken = false;
  #isClosed = false;

  constructor(fabric: Fabric, observer: SocketObserver, context: BatchContext) {
    this.#fabric = fabric;
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

  push(packet: Packet, on: HostInterface, limitBytes: number): boolean {
    if (!this.#queue.push(packet, on, this.#fabric.wire.nowMs(), limitBytes)) return false;
    if (this.#limits !== undefined) this.#wakeSoon();
    return true;
  }

  /** A datagram is known to be lost. Errors that nobody asked for share one place, as `sk_err` of the kernel. */
  fail(errno: number, peer: SocketAddress, isQueued: boolean): void {
    if (!isQueued) this.#failures.length = 0;
    this.#failures.push({ errno, peer });
    this.#wakeSoon();
  }

  /** Says `writable()` in `delayMs`, once, however often it was promised. */
  tellWritable(delayMs: number): void {
    if (this.#isWritablePromised) return;
    this.#isWritablePromised = true;
    this.#fabric.wire.call(delayMs, () => {
      this.#isWritable = true;
      this.#wakeSoon();
    });
  }

  wake(): void {
    this.#isWoken = false;
    try {
      this.#tellFailures();
      if (this.#isWritable && !this.#isClosed) this.#tellOfRoom();
      if (this.#limits !== undefined && this.#queue.length > 0) this.#deliver(this.#limits);
    } finally {
      if (this.#hasMore) this.#wakeSoon();
    }
  }

  #tellFailures(): void {
    for (let failure = this.#failures.shift(); failure !== undefined; failure = this.#failures.shift()) {
      if (this.#isClosed) return;
      this.#observer.sendFailed(failure.errno, failure.peer);
    }
  }

  #tellOfRoom(): void {
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
    this.#fabric.wire.wakeSoon(this);
  }
}
