/**
 * The datagrams of a port that the network has not taken yet.
 *
 * Theory of operation: `write` copies a datagram into the *burst* (a slab borrowed for this turn). The burst is flushed when it is
 * full, or in a microtask: when the JavaScript that runs now has run. Node runs microtasks after each callback from native code, so the
 * datagrams that a protocol writes while a batch is delivered to it leave as one batch, each peer's side by side. Datagrams that the
 * network does not take at once (EAGAIN) move into the *backlog*, which is bounded. While that is not empty, every burst goes behind it,
 * and a datagram beyond the bounds is refused. Failures are reported from a microtask, never from inside `write`. A queue with a *pacer*
 * holds back, in the same way, datagrams whose time has not come.
 */
import type { DatagramSocket, PacketOrigin, SendBatch, SocketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import type { PortStatistics } from "../port-statistics.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import { Backlog } from "./backlog.js";
import type { Fate } from "./fate.js";
import type { Pacer } from "./pacer.js";
import { MAX_BURST_DATAGRAMS, SLAB_BYTES, type SlabPool } from "./slab-pool.js";

const NOW = Promise.resolve();

/** Receiver of the queue's reports; each call comes from the event loop. */
export interface SendQueueObserver {
  /** The network refused a datagram. */
  sendFailed(errno: number, to: SocketAddress | undefined, lengthBytes: number, via: PacketOrigin | undefined): void;
  /** The queue, which had to wait for the network, is empty, but for a burst that it keeps. */
  emptied(): void;
  /** As `emptied`, of a queue that had refused a datagram. Called after it. */
  drained(): void;
}

/** Send queue of one port. */
export class SendQueue {
  readonly #socket: DatagramSocket;
  readonly #slabs: SlabPool;
  readonly #statistics: PortStatistics;
  readonly #observer: SendQueueObserver;
  readonly #to: (SocketAddress | undefined)[] = [];
  readonly #via: (PacketOrigin | undefined)[] = [];
  readonly #backlog = new Backlog();
  readonly #flushUnlessPaused = (): void => {
    if (!this.#isPaused) this.flush();
  };
  readonly #sendAll = (batch: SendBatch, from: number, to: number): number => this.#send(batch, from, to);
  #pacer: Pacer | undefined;
  #fates: (Fate | undefined)[] | undefined; // of the burst; undefined: nobody waits for one
  #offsets: Int32Array | undefined;
  #slab: Buffer | undefined;
  #count = 0;
  #burstBytes = 0;
  #turns = 0; // number of datagrams in the burst with another destination than the one before
  #hasRefused = false;
  #isPaused = false;
  #failures: Parameters<SendQueueObserver["sendFailed"]>[] = [];

  /** Borrows no memory yet. */
  constructor(socket: DatagramSocket, slabs: SlabPool, statistics: PortStatistics, observer: SendQueueObserver) {
    this.#socket = socket;
    this.#slabs = slabs;
    this.#statistics = statistics;
    this.#observer = observer;
  }

  /** Number of datagrams that wait, in the burst or in the backlog. */
  get length(): number {
    return this.#count + this.#backlog.length;
  }

  /** Number of their bytes. */
  get bytes(): number {
    return this.#burstBytes + this.#backlog.bytes;
  }

  /** Queues a copy of `data`; returns false when the backlog is full. */
  add(data: Uint8Array | string, lengthBytes: number, to: SocketAddress | undefined, via: PacketOrigin | undefined): boolean {
    if (this.#slab === undefined) this.#slabs.makeRoom();
    while (this.#count === MAX_BURST_DATAGRAMS || (this.#count > 0 && this.#burstBytes + lengthBytes > SLAB_BYTES)) this.flush();
    if (this.#backlog.length > 0 && !this.#backlog.admits(this.#count + 1, this.#burstBytes + lengthBytes)) {
      this.#hasRefused = true;
      return false;
    }
    if (this.#slab === undefined) this.#startBurst();
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

  /** Settles `fate` with the outcome of the datagram that was added last. */
  follow(fate: Fate): void {
    this.#fates ??= [];
    this.#fates[this.#count - 1] = fate;
  }

  /** Sends at the rate of `pacer` from now on, which calls {@link SendQueue.flushBacklog} when it is time for more. Undefined: without one. */
  paceBy(pacer: Pacer | undefined): void {
    this.#pacer = pacer;
    queueMicrotask(() => {
      if (this.#backlog.length > 0) this.flushBacklog(); // by now more may be allowed
    });
  }

  /** Sends the burst, and keeps the following ones that are not full until {@link SendQueue.resume}. */
  pause(): void {
    if (this.#isPaused) return;
    this.flush();
    this.#isPaused = true;
  }

  /** Sends the burst that was kept. */
  resume(): void {
    this.#isPaused = false;
    this.flush();
  }

  /** Passes the burst to the network. Datagrams that it does not take, or that must not overtake others, go into the backlog. */
  flush(): void {
    this.#pacer?.look(); // first: the clock is the user's code, and may write, flush or stop the port
    const count = this.#count;
    if (count === 0) {
      if (this.#slab !== undefined) this.#endBurst(); // the copy of its first datagram threw
      return;
    }
    const written: SendBatch = { bytes: this.#slab!, offsets: this.#offsets!, to: this.#to, via: this.#via, fates: this.#fates };
    const batch = this.#turns > 1 ? this.#slabs.arrangement.arrange(written, count) : written;
    const taken = this.#backlog.length > 0 ? 0 : this.#send(batch, 0, count);
    this.#backlog.add(batch, taken, count);
    this.#endBurst();
    this.#wait();
  }

  /** The network takes datagrams again, or their time has come: sends the backlog, then the burst unless it is kept. */
  flushBacklog(): void {
    this.#pacer?.look();
    this.#backlog.drain(this.#sendAll);
    this.#wait();
    if (this.#backlog.length === 0) this.#flushUnlessPaused();
    if (this.#backlog.length > 0) return;
    this.#observer.emptied(); // first: listeners of the other may fill the queue again
    if (!this.#hasRefused) return;
    this.#hasRefused = false;
    this.#observer.drained();
  }

  /** Called before the peer is forgotten: datagrams that wait for it keep it as destination. Call after {@link SendQueue.flush}. */
  addressTo(peer: SocketAddress): void {
    this.#backlog.addressTo(peer);
  }

  /** Forgets waiting datagrams: the port closes. Returns their number. */
  abandon(): number {
    const { length } = this;
    this.#pacer?.stop();
    for (const fate of [...(this.#backlog.fates() as Fate[]), ...(this.#fates ?? [])]) fate?.abandon(REACTOR_ERRORS.ERR_CLOSED);
    if (this.#slab !== undefined) this.#endBurst();
    this.#backlog.clear();
    return length;
  }

  #startBurst(): void {
    this.#offsets ??= new Int32Array(MAX_BURST_DATAGRAMS + 1);
    this.#slab = this.#slabs.borrow(this);
    void NOW.then(this.#flushUnlessPaused); // queueMicrotask() makes an AsyncResource each time
  }

  #endBurst(): void {
    this.#slabs.giveBack(this, this.#slab!);
    this.#slab = undefined;
    this.#fates = undefined;
    this.#count = this.#burstBytes = this.#turns = 0;
  }

  /** Sends datagrams `from` … `to - 1`; returns the number of the first one that has to wait. Those before it have left, or failed. */
  #send(batch: SendBatch, from: number, to: number): number {
    let next = from;
    let end = from;
    while (next < to) {
      // Once for each run: of one that was refused, the rest must not wait and become another batch, or the socket would send it again.
      if (next === end) end = this.#admit(batch, next, to);
      if (next === end) break;
      const outcome = this.#socket.send(batch, next, end);
      if (outcome === ERRNO.EAGAIN) break;
      if (outcome > 0) this.#countSent(batch, next, outcome);
      else this.#fail(outcome, batch, next);
      const done = next + Math.max(1, outcome);
      this.#pacer?.charge(batch, next, done);
      next = done;
    }
    return next;
  }

  /** Has the pacer wake the queue when the time of what waits has come; where it cannot, all of it leaves at once. */
  #wait(): void {
    if (this.#pacer?.wait() === false) this.#backlog.drain(this.#sendAll);
  }

  #admit(batch: SendBatch, from: number, to: number): number {
    return this.#pacer === undefined ? to : this.#pacer.admit(batch, from, to);
  }

  #countSent({ offsets, fates }: SendBatch, from: number, count: number): void {
    this.#statistics.sent += count;
    this.#statistics.sentBytes += offsets[from + count]! - offsets[from]!;
    if (fates !== undefined) for (const fate of fates.slice(from, from + count) as Fate[]) fate?.take();
  }

  #fail(errno: number, { to, via, offsets, fates }: SendBatch, index: number): void {
    const fate = fates?.[index] as Fate | undefined;
    if (fate !== undefined) {
      fate.refuse(errno);
      return;
    }
    if (this.#failures.length === 0) queueMicrotask(() => this.#reportFailures());
    this.#failures.push([errno, to[index], offsets[index + 1]! - offsets[index]!, via[index]]);
  }

  #reportFailures(): void {
    const failures = this.#failures;
    this.#failures = [];
    for (const failure of failures) this.#observer.sendFailed(...failure);
  }
}
