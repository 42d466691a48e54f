import type { HeldMessage, PartialPlace, ReassemblyCounters } from "../fragments/partial-message.js";
import type { LcmFragmentHeader } from "./lcm-datagram.js";

const PART_COST_BYTES = 384; // memory of the objects around a fragment, as for other fragmented messages

/** A part of a message, and its place in it. */
interface Part {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** A message of which some fragments have arrived. It takes memory for these, not for the announced length. */
export class LcmPartial implements HeldMessage {
  readonly key: string;
  readonly source: string;
  readonly startedMs: number;
  readonly counters: ReassemblyCounters;
  readonly #totalBytes: number;
  readonly #count: number;
  readonly #parts = new Map<number, Part>(); // by index
  #heldBytes = 0;
  #channel: string | undefined;

  constructor({ key, source, startedMs, counters }: PartialPlace, { totalBytes, count }: LcmFragmentHeader) {
    this.key = key;
    this.source = source;
    this.startedMs = startedMs;
    this.counters = counters;
    this.#totalBytes = totalBytes;
    this.#count = count;
  }

  /** Approximate memory that it takes, in bytes. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Name of its channel; undefined until fragment 0 has arrived. */
  get channel(): string | undefined {
    return this.#channel;
  }

  /** Whether all fragments have arrived. */
  get isComplete(): boolean {
    return this.#parts.size === this.#count;
  }

  /** Whether a fragment can belong to this message. */
  fits({ totalBytes, count }: LcmFragmentHeader): boolean {
    return totalBytes === this.#totalBytes && count === this.#count;
  }

  /** Adds a fragment that fits. A repeated one changes nothing. */
  add({ index, offset, partOffset, channel }: LcmFragmentHeader, datagram: Buffer): void {
    if (this.#parts.has(index)) return;
    this.#channel ??= channel;
    // A copy, because a view would keep the whole receive chunk alive.
    const bytes = Buffer.allocUnsafeSlow(datagram.length - partOffset);
    datagram.copy(bytes, 0, partOffset);
    this.#parts.set(index, { offset, bytes });
    this.#heldBytes += bytes.length + PART_COST_BYTES;
  }

  /** Returns the payload of a complete message; undefined if its parts leave gaps, or overlap. */
  assemble(): Buffer | undefined {
    const parts = [...this.#parts.values()].sort((one, other) => one.offset - other.offset || one.bytes.length - other.bytes.length);
    const whole = Buffer.allocUnsafe(this.#totalBytes);
    let end = 0;
    for (const { offset, bytes } of parts) {
      if (offset !== end) return undefined; // never pass on uninitialised memory
      end += bytes.copy(whole, offset);
    }
    return end === this.#totalBytes ? whole : undefined;
  }
}
