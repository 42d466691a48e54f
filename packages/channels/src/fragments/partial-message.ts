import type { SequenceSpan } from "../order/sequence-tracker.js";
import { FRAGMENT_HEADER_BYTES, type FragmentHeader, partBytesOf } from "./fragment-header.js";

const PART_COST_BYTES = 384; // memory of the objects around a fragment, as measured, so that many tiny ones count for their cost

/** Counters of a channel's fragments. */
export interface ReassemblyCounters {
  malformed: number; // packets that fit no message
  incomplete: number; // messages given up
}

/** Place of an incomplete message among those of a node. */
export interface PartialPlace {
  readonly key: string;
  readonly source: string; // on one channel
  readonly startedMs: number; // time from which its time runs
  readonly counters: ReassemblyCounters; // of its channel
}

/** An incomplete message that takes memory. */
export interface HeldMessage extends PartialPlace {
  readonly heldBytes: number; // about
}

/** A message of which some fragments have come. It takes memory for those, not for the length that they announce. */
export class PartialMessage implements HeldMessage {
  readonly key: string;
  readonly source: string;
  readonly startedMs: number;
  readonly counters: ReassemblyCounters;
  readonly #totalBytes: number;
  readonly #count: number;
  readonly #partBytes: number;
  readonly #parts = new Map<number, Buffer>(); // by index
  #heldBytes = 0;
  #first: number | undefined;
  #last: number | undefined;

  constructor({ key, source, startedMs, counters }: PartialPlace, header: FragmentHeader, lengthBytes: number) {
    this.key = key;
    this.source = source;
    this.startedMs = startedMs;
    this.counters = counters;
    this.#totalBytes = header.totalBytes;
    this.#count = header.count;
    this.#partBytes = partBytesOf(header, lengthBytes)!;
  }

  /** Memory that it takes, in bytes, about. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether all fragments have come. */
  get isComplete(): boolean {
    return this.#parts.size === this.#count;
  }

  /** Sequence numbers of its packets; undefined when their sender does not count. */
  get span(): SequenceSpan | undefined {
    return this.#first === undefined || this.#last === undefined ? undefined : { first: this.#first, last: this.#last };
  }

  /** Whether a fragment can belong to this message. */
  fits(header: FragmentHeader, lengthBytes: number): boolean {
    return header.totalBytes === this.#totalBytes && header.count === this.#count && partBytesOf(header, lengthBytes) === this.#partBytes;
  }

  /** Adds a fragment that fits. A repeated one changes nothing. */
  add({ index }: FragmentHeader, payload: Buffer, sequence: number | undefined): void {
    if (this.#parts.has(index)) return;
    // Memory of its own: a view would keep the whole chunk alive that the datagram came in.
    const part = Buffer.allocUnsafeSlow(payload.length - FRAGMENT_HEADER_BYTES);
    payload.copy(part, 0, FRAGMENT_HEADER_BYTES);
    this.#parts.set(index, part);
    this.#heldBytes += part.length + PART_COST_BYTES;
    if (sequence === undefined) return;
    if (this.#first === undefined || ((sequence - this.#first) | 0) < 0) this.#first = sequence;
    if (this.#last === undefined || ((sequence - this.#last) | 0) > 0) this.#last = sequence;
  }

  /** Returns the message, once it is complete. */
  assemble(): Buffer {
    const whole = Buffer.allocUnsafe(this.#totalBytes);
    for (const [index, part] of this.#parts) part.copy(whole, index * this.#partBytes);
    return whole;
  }
}
