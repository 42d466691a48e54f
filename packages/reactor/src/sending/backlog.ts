/**
 * Bursts that the network has not taken yet, in the order in which they were written.
 *
 * Theory of operation: a queue of *unsent bursts*, each with a cursor at the first datagram that still waits. The rest of a burst is added
 * to the last one in the queue while that has room, so a congested port that writes one datagram at a time drains in batches, too. A
 * burst owns only the memory that its datagrams need: small ones do not keep a slab.
 */
import type { PacketOrigin, SendBatch, SendFate, SocketAddress } from "@groupcast/backend";
import { MAX_BURST_DATAGRAMS, SLAB_BYTES } from "./slab-pool.js";

const MAX_WAITING_DATAGRAMS = 1024;
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** A burst, or the rest of one. */
class UnsentBurst implements SendBatch {
  readonly offsets: Int32Array = new Int32Array(MAX_BURST_DATAGRAMS + 1);
  readonly to: (SocketAddress | undefined)[] = [];
  readonly via: (PacketOrigin | undefined)[] = [];
  fates: (SendFate | undefined)[] | undefined;
  bytes: Buffer;
  /** Number of the first datagram that still waits. */
  next = 0;
  /** Number of datagrams, including those that have left. */
  length = 0;

  constructor(capacityBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacityBytes);
  }

  get #filledBytes(): number {
    return this.offsets[this.length]!;
  }

  hasRoomFor(datagrams: number, bytes: number): boolean {
    return this.length + datagrams <= MAX_BURST_DATAGRAMS && this.#filledBytes + bytes <= SLAB_BYTES;
  }

  /** Copies datagrams `from` … `to - 1` of `batch` behind the others. */
  append(batch: SendBatch, from: number, to: number): void {
    const start = batch.offsets[from]!;
    const shift = this.#filledBytes - start;
    this.#grow(batch.offsets[to]! + shift);
    batch.bytes.copy(this.bytes, this.#filledBytes, start, batch.offsets[to]!);
    for (let i = from; i < to; i++) {
      this.to[this.length] = batch.to[i];
      this.via[this.length] = batch.via[i];
      if (batch.fates?.[i] !== undefined) {
        this.fates ??= [];
        this.fates[this.length] = batch.fates[i];
      }
      this.offsets[++this.length] = batch.offsets[i + 1]! + shift;
    }
  }

  /** Makes room for `neededBytes` in all, and for as much again, up to a slab: each byte is copied twice on average, at most. */
  #grow(neededBytes: number): void {
    if (neededBytes <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(SLAB_BYTES, 2 * neededBytes));
    this.bytes.copy(grown, 0, 0, this.#filledBytes);
    this.bytes = grown;
  }
}

/** Function that sends datagrams `from` … `to - 1` of a batch and returns the number of the first one that has to wait. */
export type SendAll = (batch: SendBatch, from: number, to: number) => number;

/** Backlog of one port; bounded. */
export class Backlog {
  readonly #bursts: UnsentBurst[] = [];
  #length = 0;
  #bytes = 0;

  /** Number of datagrams that wait. */
  get length(): number {
    return this.#length;
  }

  /** Number of their bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns whether so many more datagrams, of so many bytes in all, are within the bounds. */
  admits(datagrams: number, bytes: number): boolean {
    return this.#length + datagrams <= MAX_WAITING_DATAGRAMS && this.#bytes + bytes <= MAX_WAITING_BYTES;
  }

  /** Queues copies of datagrams `from` … `to - 1` of `batch`. */
  add(batch: SendBatch, from: number, to: number): void {
    if (from === to) return;
    const bytes = batch.offsets[to]! - batch.offsets[from]!;
    const last = this.#bursts.at(-1);
    const burst = last?.hasRoomFor(to - from, bytes) === true ? last : new UnsentBurst(bytes);
    if (burst !== last) this.#bursts.push(burst);
    burst.append(batch, from, to);
    this.#length += to - from;
    this.#bytes += bytes;
  }

  /** Sends waiting datagrams, burst by burst, until the network takes no more. */
  drain(send: SendAll): void {
    for (let burst = this.#bursts[0]; burst !== undefined; burst = this.#bursts[0]) {
      const { next, offsets, length } = burst;
      burst.next = send(burst, next, length);
      this.#length -= burst.next - next;
      this.#bytes -= offsets[burst.next]! - offsets[next]!;
      if (burst.next < length) return;
      this.#bursts.shift();
    }
  }

  /** Called before the peer is forgotten: datagrams that wait for it keep it as destination. */
  addressTo(peer: SocketAddress): void {
    for (const { to, next, length } of this.#bursts) for (let i = next; i < length; i++) to[i] ??= peer;
  }

  /** Returns the fates of waiting datagrams that somebody waits for. */
  fates(): SendFate[] {
    const waiting = this.#bursts.flatMap(({ fates, next }) => fates?.slice(next) ?? []);
    return waiting.filter((fate) => fate !== undefined);
  }

  /** Forgets waiting datagrams. */
  clear(): void {
    this.#bursts.length = 0;
    this.#length = this.#bytes = 0;
  }
}
