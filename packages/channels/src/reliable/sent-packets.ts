/**
 * The latest packets of one channel as they were sent, for those who missed one.
 *
 * They are bounded in number and bytes, and those of all channels of a node together in bytes: the channel that keeps most gives up its
 * oldest first.
 */
import { distance } from "./number-ranges.js";

const PACKET_COST_BYTES = 256; // memory of the objects around a packet, so that many empty ones count for their cost
const GIVEN_UP_BYTES = 1024 * 1024; // at a time, so that a search for the channel that keeps most is rare

/** A packet as it was sent. */
export interface SentPacket {
  readonly number: number;
  /** Number of its datagram. On a sealed channel it may differ from the packet's, which is sealed. */
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly endsMessage: boolean;
  repeatedMs: number; // time at which it was sent again last
  wantedBy: string | undefined; // id of the asker that got it then, or gets it next
}

/** Bounds on the packets of one channel. */
export interface SentBounds {
  readonly packets: number;
  readonly bytes: number;
}

/** Returns the memory that a packet takes, in bytes, about. */
export function costOfPacket(payload: Uint8Array): number {
  return payload.length + PACKET_COST_BYTES;
}

/** The sent packets of all channels of a node. */
export class SentMemory {
  readonly #maxBytes: number;
  readonly #channels = new Set<SentPackets>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Memory that they take, in bytes, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts bytes that a channel keeps, or gives up. */
  count(channel: SentPackets, bytes: number): void {
    this.#bytes += bytes;
    if (bytes > 0) this.#channels.add(channel);
    if (bytes < 0 || this.#bytes <= this.#maxBytes) return;
    const largest = [...this.#channels].reduce((most, other) => (other.bytes > most.bytes ? other : most));
    largest.giveUp(Math.min(GIVEN_UP_BYTES, this.#maxBytes / 16));
  }

  /** Forgets a channel that keeps nothing. */
  forget(channel: SentPackets): void {
    this.#channels.delete(channel);
  }
}

export class SentPackets {
  readonly #bounds: SentBounds;
  readonly #memory: SentMemory;
  readonly #mask: number;
  readonly #slots: (SentPacket | undefined)[] = []; // by the low bits of the number
  #first = 0;
  #next = 0;
  #bytes = 0;
  #firstBeginsMessage = true;

  constructor(bounds: SentBounds, memory: SentMemory) {
    this.#bounds = bounds;
    this.#memory = memory;
    this.#mask = 2 ** Math.ceil(Math.log2(bounds.packets)) - 1;
  }

  /** Lowest number that may be kept. */
  get first(): number {
    return this.#first;
  }

  /** Number that the next packet takes. */
  get next(): number {
    return this.#next;
  }

  /** Memory that they take, in bytes, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a copy of the packet that was sent last. Numbers that were left out stay without a packet. */
  add({ number, sequence, endsMessage }: Pick<SentPacket, "number" | "sequence" | "endsMessage">, payload: Uint8Array): void {
    while (this.#next !== number) this.#skip(number);
    this.#advance();
    this.#slots[number & this.#mask] = {
      number,
      sequence,
      payload: Buffer.from(payload),
      endsMessage,
      repeatedMs: Number.NEGATIVE_INFINITY,
      wantedBy: undefined,
    };
    this.#bytes += costOfPacket(payload);
    while (this.#bytes > this.#bounds.bytes) this.#dropOldest();
    this.#memory.count(this, costOfPacket(payload));
  }

  /** Returns the packet of a number, if it is kept. */
  get(number: number): SentPacket | undefined {
    const packet = this.#slots[number & this.#mask];
    return packet?.number === number ? packet : undefined;
  }

  /** Returns the number at which the latest messages begin: as many whole ones as both bounds allow, and as are kept. */
  beginningOf({ messages, bytes }: { readonly messages: number; readonly bytes: number }): number {
    let [beginning, ends, sum] = [this.#next, 0, 0];
    for (let number = this.#next; number !== this.#first; ) {
      const isNewest = number === this.#next;
      number = (number - 1) >>> 0;
      const packet = this.get(number);
      if (packet === undefined) break;
      if (packet.endsMessage || isNewest) ends++;
      sum += packet.payload.length;
      if (ends > messages || sum > bytes) break;
      if (this.#beginsMessage(number)) beginning = number;
    }
    return beginning;
  }

  /** Gives up the oldest packets, as many as have so many bytes. */
  giveUp(bytes: number): void {
    for (const end = Math.max(0, this.#bytes - bytes); this.#bytes > end; ) this.#dropOldest();
  }

  /** Gives up every packet. */
  clear(): void {
    this.giveUp(this.#bytes);
    this.#memory.forget(this);
  }

  /** Makes the next number the newest; the slot that it takes is empty then. */
  #advance(): void {
    this.#next = (this.#next + 1) >>> 0;
    if (distance(this.#next, this.#first) > this.#bounds.packets) this.#dropOldest();
  }

  #beginsMessage(number: number): boolean {
    if (number === this.#first) return this.#firstBeginsMessage;
    return this.get((number - 1) >>> 0)?.endsMessage ?? true;
  }

  /** Leaves out the next number, or, where the first packet has another number than 0, begins there. */
  #skip(number: number): void {
    if (this.#bytes === 0 || distance(number, this.#next) > this.#bounds.packets) {
      this.giveUp(this.#bytes);
      this.#first = number;
      this.#next = number;
      return;
    }
    this.#advance();
  }

  #dropOldest(): void {
    const oldest = this.get(this.#first);
    this.#slots[this.#first & this.#mask] = undefined;
    this.#first = (this.#first + 1) >>> 0;
    this.#firstBeginsMessage = oldest?.endsMessage ?? true;
    if (oldest === undefined) return;
    const bytes = costOfPacket(oldest.payload);
    this.#bytes -= bytes;
    this.#memory.count(this, -bytes);
  }
}
