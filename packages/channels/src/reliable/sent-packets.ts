/**
 * The latest packets of one channel as they were sent, for those who missed one.
 *
 * They are bounded in number and bytes, and those of all channels of a node together in bytes: the channel that keeps most gives up its
 * oldest first.
 */
import { distance } from "./number-ranges.js";

const PACKET_COST_BYTES = 256; // memory of the objects around a packet, so that many empty ones count for their cost
const SMALLEST_SLAB_BYTES = 1024;
const LARGEST_SLAB_BYTES = 65_536;
const GIVEN_UP_BYTES = 1024 * 1024; // at a time, so that a search for the channel that keeps most is rare

/** Totals of what a channel has sent up to some packet. */
interface Ended {
  readonly endedMessages: number;
  readonly endedBytes: number;
  readonly endsMessage: boolean;
}

/** Repairs of a packet. */
export interface Repair {
  repeatedMs: number; // time at which it was sent again last
  wantedBy: string | undefined; // id of the asker that got it then, or gets it next
}

/** A packet as it was sent. */
export class SentPacket implements Ended {
  number = 0;
  /** Number of its datagram. On a sealed channel it may differ from the packet's, which is sealed. */
  sequence = 0;
  endsMessage = true;
  lengthBytes = 0;
  endedMessages = 0; // with it
  endedBytes = 0;
  /** Its repair; undefined until somebody asks for it. An object of its own, as few are asked for and all are made in a hurry. */
  repair: Repair | undefined;
  #slab: Slab | undefined; // while it is kept
  #offset = 0;

  /** Whether its contents are kept. */
  get isKept(): boolean {
    return this.#slab !== undefined;
  }

  /** Contents, as a view that is valid while the packet is kept. */
  get payload(): Buffer {
    return this.#slab!.memory.subarray(this.#offset, this.#offset + this.lengthBytes);
  }

  /** Memory that it takes, in bytes, about. */
  get costBytes(): number {
    return this.lengthBytes + PACKET_COST_BYTES;
  }

  /** Takes the place of what it was, which is given up. */
  begin(number: number, sequence: number, endsMessage: boolean): void {
    this.number = number;
    this.sequence = sequence;
    this.endsMessage = endsMessage;
    this.repair = undefined;
  }

  /** Keeps a copy of its contents in `slabs`. */
  keep(payload: Uint8Array, slabs: Slabs): void {
    this.lengthBytes = payload.length;
    this.#offset = slabs.copy(payload);
    this.#slab = slabs.current;
  }

  /** Gives its contents up, which are in `slabs`. */
  drop(slabs: Slabs): void {
    slabs.release(this.#slab!);
    this.#slab = undefined;
  }
}

/** Memory for the contents of several packets. */
interface Slab {
  readonly memory: Buffer;
  packets: number; // that are kept in it
}

/**
 * Memory for the contents of packets. A buffer for each would cost more than the copy. The slab whose last packet is given up comes next again:
 * in a steady stream no memory has to be had from the system, which would fill it with zeros first. Slabs grow with the traffic, as a node may
 * have ten thousand quiet channels.
 */
class Slabs {
  #current: Slab = { memory: Buffer.alloc(0), packets: 0 };
  #spare: Slab | undefined;
  #used = 0;

  /** Slab of the latest copy. */
  get current(): Slab {
    return this.#current;
  }

  /** Copies bytes; returns their offset in the slab that is current then. */
  copy(bytes: Uint8Array): number {
    if (this.#used + bytes.length > this.#current.memory.length) this.#begin(bytes.length);
    const offset = this.#used;
    this.#current.memory.set(bytes, offset);
    this.#current.packets++;
    this.#used += bytes.length;
    return offset;
  }

  /** Notes that a packet in a slab is given up. */
  release(slab: Slab): void {
    if (--slab.packets === 0 && slab !== this.#current && slab.memory.length === LARGEST_SLAB_BYTES) this.#spare = slab;
  }

  #begin(leastBytes: number): void {
    const lengthBytes = Math.min(LARGEST_SLAB_BYTES, Math.max(SMALLEST_SLAB_BYTES, 2 * this.#current.memory.length));
    const spare = leastBytes <= LARGEST_SLAB_BYTES ? this.#spare : undefined;
    this.#current = spare ?? { memory: Buffer.allocUnsafeSlow(Math.max(lengthBytes, leastBytes)), packets: 0 };
    if (spare !== undefined) this.#spare = undefined;
    this.#used = 0;
  }
}

/** Bounds on the packets of one channel. */
export interface SentBounds {
  readonly packets: number;
  readonly bytes: number;
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

  /** Takes part in the bound from now on. */
  register(channel: SentPackets): void {
    this.#channels.add(channel);
  }

  /** Counts bytes that a channel keeps more than before, or less. */
  count(bytes: number): void {
    this.#bytes += bytes;
    if (bytes <= 0 || this.#bytes <= this.#maxBytes) return;
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
  readonly #slabs = new Slabs();
  readonly #slots: (SentPacket | undefined)[] = []; // by the low bits of the number; each is used again and again
  #first = 0;
  #next = 0;
  #bytes = 0;
  #endedMessages = 0;
  #endedBytes = 0;
  readonly #before = { endedMessages: 0, endedBytes: 0, endsMessage: true }; // the first

  constructor(bounds: SentBounds, memory: SentMemory) {
    this.#bounds = bounds;
    this.#memory = memory;
    memory.register(this);
    this.#mask = 2 ** Math.ceil(Math.log2(bounds.packets)) - 1;
  }

  /** Lowest number that may be kept. */
  get first(): number {
    return this.#first;
  }

  /** Number of the next packet. */
  get next(): number {
    return this.#next;
  }

  /** Memory that they take, in bytes, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a copy of the packet that was sent last. Numbers that were left out stay without a packet. */
  add(number: number, sequence: number, endsMessage: boolean, payload: Uint8Array): void {
    const before = this.#bytes;
    while (this.#next !== number) this.#skip(number);
    this.#advance();
    const packet = this.#slotOf(number);
    packet.begin(number, sequence, endsMessage);
    packet.keep(payload, this.#slabs);
    if (endsMessage) this.#endedMessages++;
    this.#endedBytes += payload.length;
    this.#total(packet);
    this.#bytes += packet.costBytes;
    while (this.#bytes > this.#bounds.bytes) this.#dropOldest();
    this.#memory.count(this.#bytes - before);
  }

  /** Returns the packet of a number, if it is kept. */
  get(number: number): SentPacket | undefined {
    const packet = this.#slots[number & this.#mask];
    return packet?.isKept === true && packet.number === number ? packet : undefined;
  }

  /**
   * Returns the number at which the latest messages begin: as many whole ones as both bounds allow, and as are kept. It searches by halves, as
   * anybody can ask for it.
   */
  beginningOf({ messages, bytes }: { readonly messages: number; readonly bytes: number }): number {
    const begunMessages = this.#endedMessages + (this.#beforeOf(this.#next).endsMessage ? 0 : 1);
    const isWithin = ({ endedMessages, endedBytes }: Ended): boolean =>
      begunMessages - endedMessages <= messages && this.#endedBytes - endedBytes <= bytes;
    const number = this.#lowest(isWithin);
    const before = this.#beforeOf(number);
    return before.endsMessage ? number : this.#lowest(({ endedMessages }) => endedMessages > before.endedMessages);
  }

  /** Gives up the oldest packets, as many as have so many bytes. */
  giveUp(bytes: number): void {
    const before = this.#bytes;
    for (const end = Math.max(0, before - bytes); this.#bytes > end; ) this.#dropOldest();
    this.#memory.count(this.#bytes - before);
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

  /** Returns the lowest number before which so much has ended; the next one when there is none. */
  #lowest(isEnough: (before: Ended) => boolean): number {
    let [low, high] = [0, distance(this.#next, this.#first)];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isEnough(this.#beforeOf((this.#first + middle) >>> 0))) high = middle;
      else low = middle + 1;
    }
    return (this.#first + low) >>> 0;
  }

  /** Returns the packet before a number. */
  #beforeOf(number: number): Ended {
    return number === this.#first ? this.#before : this.#slotOf((number - 1) >>> 0);
  }

  /** Leaves out the next number, or, where the first packet has another number than 0, begins there. */
  #skip(number: number): void {
    if (this.#bytes === 0 || distance(number, this.#next) > this.#bounds.packets) {
      while (this.#bytes > 0) this.#dropOldest();
      this.#first = number;
      this.#next = number;
      this.#before.endsMessage = true;
      this.#total(this.#before);
      return;
    }
    const skipped = this.#next;
    this.#advance();
    const slot = this.#slotOf(skipped);
    slot.begin(skipped, skipped, true);
    this.#total(slot);
  }

  /** Notes the totals up to now. */
  #total(place: { endedMessages: number; endedBytes: number }): void {
    place.endedMessages = this.#endedMessages;
    place.endedBytes = this.#endedBytes;
  }

  #slotOf(number: number): SentPacket {
    const index = number & this.#mask;
    const known = this.#slots[index];
    if (known !== undefined) return known;
    const made = new SentPacket();
    this.#slots[index] = made;
    return made;
  }

  #dropOldest(): void {
    const oldest = this.#slotOf(this.#first);
    this.#before.endedMessages = oldest.endedMessages;
    this.#before.endedBytes = oldest.endedBytes;
    this.#before.endsMessage = oldest.endsMessage;
    this.#first = (this.#first + 1) >>> 0;
    if (!oldest.isKept) return;
    this.#bytes -= oldest.costBytes;
    oldest.drop(this.#slabs);
  }
}
