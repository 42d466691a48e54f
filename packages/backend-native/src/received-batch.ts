import type { Arrival, DatagramBatch, SocketAddress } from "@groupcast/backend";
import type { Addon } from "./addon.js";
import type { AddressBook } from "./address-book.js";
import { ENTRY, KNOWN, type SharedTables, SLOT } from "./batch-layout.js";

const CHUNK_BYTES = 16_384; // a kept datagram keeps its chunk alive; twice the size of Buffer's own pool
const MAX_VIEWS = 1024; // views that are kept: some 100 KiB
const NO_VIEW = -1;
const MAX_GATHERED_BYTES = CHUNK_BYTES / 4; // longer datagrams get memory of their own

/** What Buffer's methods make their results with: the one way to view memory as a Buffer without checking each argument again. */
const BufferView = (Buffer as unknown as { readonly [Symbol.species]: BufferViewConstructor })[Symbol.species];
type BufferViewConstructor = new (memory: ArrayBufferLike, offset: number, length: number) => Buffer;

/**
 * The datagrams of one wake-up, as the addon left them in the slab and the shared tables. There is one per environment, filled
 * again for every wake-up of every socket.
 */
export class ReceivedBatch implements DatagramBatch {
  readonly #addon: Addon;
  readonly #tables: SharedTables;
  readonly #entries: Int32Array;
  readonly #addresses: AddressBook;
  #slab: ArrayBuffer;
  readonly #views: Buffer[] = [];
  readonly #viewOffsets = new Int32Array(MAX_VIEWS).fill(NO_VIEW);
  readonly #viewLengths = new Int32Array(MAX_VIEWS);
  #length = 0;
  #chunk: Buffer = Buffer.alloc(0);
  #chunkMemory: ArrayBufferLike = this.#chunk.buffer; // the getter is a call out of compiled code
  #chunkUsedBytes = 0;
  #gatheredFrom = 0;
  #gatheredTo = 0;
  #from: SocketAddress | undefined; // of #fromSlot: a run comes from one peer
  #fromSlot = 0;

  constructor(addon: Addon, tables: SharedTables, addresses: AddressBook) {
    this.#addon = addon;
    this.#tables = tables;
    this.#entries = tables.entries;
    this.#addresses = addresses;
    this.#slab = addon.slab();
  }

  /** Takes over what the addon has received: `length` datagrams. */
  begin(length: number): void {
    if (this.#slab.byteLength === 0) this.#renewSlab();
    this.#length = length;
    this.#from = undefined;
    this.#gatheredFrom = this.#gatheredTo = 0;
  }

  /** From here on there is nothing to read: the slab belongs to the next wake-up. */
  end(): void {
    this.#length = 0;
  }

  get length(): number {
    return this.#length;
  }

  lengthBytes(index: number): number {
    return this.#entries[this.#entryAt(index) + ENTRY.LENGTH] as number;
  }

  /** A view outlives its batch as an object: the next datagram that lies in the same place gets it again. */
  view(index: number): Buffer {
    const at = this.#entryAt(index);
    const offset = this.#entries[at + ENTRY.OFFSET] as number;
    const length = this.#entries[at + ENTRY.LENGTH] as number;
    if (index >= MAX_VIEWS) return new BufferView(this.#slab, offset, length);
    if (this.#viewOffsets[index] !== offset || this.#viewLengths[index] !== length) {
      this.#views[index] = new BufferView(this.#slab, offset, length);
      this.#viewOffsets[index] = offset;
      this.#viewLengths[index] = length;
    }
    return this.#views[index] as Buffer;
  }

  copy(index: number): Buffer {
    const at = this.#entryAt(index);
    const length = this.#entries[at + ENTRY.LENGTH] as number;
    if (length > MAX_GATHERED_BYTES) return this.#copyAlone(index, length);
    if (index < this.#gatheredFrom || index >= this.#gatheredTo || this.#entries[at + ENTRY.COPIED_AT] === -1) this.#gather(index);
    const copy = new BufferView(this.#chunkMemory, this.#entries[at + ENTRY.COPIED_AT] as number, length);
    this.#entries[at + ENTRY.COPIED_AT] = -1; // given away: whoever asks again gets bytes of their own, too
    return copy;
  }

  from(index: number): SocketAddress {
    const slot = this.#slotAt(index);
    if (slot === this.#fromSlot && this.#from !== undefined) return this.#from;
    this.#fromSlot = slot;
    this.#from = this.#addresses.peerAt(this.#tables.slots, slot + SLOT.FROM);
    return this.#from;
  }

  truncated(index: number): boolean {
    return this.#entries[this.#entryAt(index) + ENTRY.TRUNCATED] !== 0;
  }

  arrival(index: number): Arrival {
    const { slots, timestamps } = this.#tables;
    const slot = this.#slotAt(index);
    const known = slots[slot + SLOT.KNOWN] as number;
    const arrival: { -readonly [K in keyof Arrival]: Arrival[K] } = { truncated: this.truncated(index) };
    if (known & KNOWN.DESTINATION) {
      arrival.destination = this.destination(index);
      arrival.interfaceIndex = slots[slot + SLOT.INTERFACE] as number;
      arrival.interface = this.#addresses.interfaceName(arrival.interfaceIndex);
    }
    if (known & KNOWN.TTL) arrival.ttl = slots[slot + SLOT.TTL] as number;
    if (known & KNOWN.TIMESTAMP) arrival.timestampNs = timestamps[slot / 2 + SLOT.TIMESTAMP] as bigint;
    if (known & KNOWN.DROPS) arrival.kernelDrops = (slots[slot + SLOT.DROPS] as number) >>> 0;
    return arrival;
  }

  destination(index: number): string {
    const slot = this.#slotAt(index);
    if (!((this.#tables.slots[slot + SLOT.KNOWN] as number) & KNOWN.DESTINATION)) return "";
    return this.#addresses.destinationAt(this.#tables.slots, slot + SLOT.DESTINATION);
  }

  interfaceIndex(index: number): number {
    const slot = this.#slotAt(index);
    if (!((this.#tables.slots[slot + SLOT.KNOWN] as number) & KNOWN.DESTINATION)) return 0;
    return this.#tables.slots[slot + SLOT.INTERFACE] as number;
  }

  /** Somebody has detached the slab: the addon has made a new one. */
  #renewSlab(): void {
    this.#slab = this.#addon.slab();
    this.#viewOffsets.fill(NO_VIEW);
  }

  #entryAt(index: number): number {
    if (index >= 0 && index < this.#length) return index * ENTRY.SIZE;
    throw outside(index, this.#length);
  }

  #slotAt(index: number): number {
    return (this.#entries[this.#entryAt(index) + ENTRY.SLOT] as number) * SLOT.SIZE;
  }

  /** Copies the datagrams from `first` on, as many as the chunk holds, in one call of the addon. */
  #gather(first: number): void {
    this.#gatheredFrom = first;
    this.#gatheredTo = this.#addon.gather(this.#chunk, this.#chunkUsedBytes, first, this.#length, MAX_GATHERED_BYTES);
    if (this.#gatheredTo === first) {
      this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      this.#chunkMemory = this.#chunk.buffer;
      this.#gatheredTo = this.#addon.gather(this.#chunk, 0, first, this.#length, MAX_GATHERED_BYTES);
    }
    const last = (this.#gatheredTo - 1) * ENTRY.SIZE;
    this.#chunkUsedBytes = align((this.#entries[last + ENTRY.COPIED_AT] as number) + (this.#entries[last + ENTRY.LENGTH] as number));
  }

  #copyAlone(index: number, length: number): Buffer {
    const copy = Buffer.allocUnsafeSlow(length);
    copy.set(this.view(index));
    return copy;
  }
}

/** Apart from its check, which is to be inlined. */
function outside(index: number, length: number): RangeError {
  return new RangeError(`datagram ${index} of a batch of ${length}`);
}

const ALIGNMENT_BYTES = 8; // as the addon's gather() does

function align(position: number): number {
  return Math.ceil(position / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}
