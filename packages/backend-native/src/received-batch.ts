import {
  type Arrival,
  batchDetached,
  checkIndex,
  checkOffset,
  checkRun,
  checkStart,
  type DatagramBatch,
  type SocketAddress,
} from "@groupcast/backend";
import { BufferView } from "@groupcast/base";
import type { Addon } from "./addon.js";
import type { AddressTranslator } from "./address-translator.js";
import { ENTRY, KNOWN, type SharedTables, SLOT } from "./batch-layout.js";
import type { MemoryGuard } from "./memory-guard.js";

const CHUNK_BYTES = 16_384; // a kept datagram keeps its chunk alive; twice the size of Buffer's own pool
const LARGE_CHUNK_BYTES = 65_536; // under load: a chunk costs memory protection and garbage collection, whatever its size
const MAX_VIEWS = 1024; // number of views that are kept: some 100 KiB
const NO_VIEW = -1;
const WORD_BYTES = 4;
const LOAD_BYTES = 8192; // in a wake-up, on an average of those that filled a chunk
const MAX_GATHERED_BYTES = CHUNK_BYTES / 4; // longer datagrams get memory of their own
const FEW = 8; // datagrams that are compared here, as a call of the addon costs more
const NOTHING = -1; // as MAX_GATHERED_BYTES: not even empty datagrams share a chunk

/**
 * Datagrams of one wake-up, as the addon left them in the slab and the shared tables. An environment has one batch, and fills it
 * again for every wake-up of every socket.
 *
 * Received Buffers may be transferred, detached and kept: copies share chunks, which are protected from that where Node can do it, and
 * where it cannot each copy has memory of its own.
 */
export class ReceivedBatch implements DatagramBatch {
  readonly #addon: Addon;
  readonly #tables: SharedTables;
  readonly #entries: Int32Array;
  readonly #addresses: AddressTranslator;
  readonly #makeGuard: () => MemoryGuard;
  #guard: MemoryGuard | undefined; // from the first datagrams on: it takes Node modules that nothing else here needs
  #maxGatheredBytes = NOTHING;
  #slab: ArrayBuffer = new ArrayBuffer(0); // as if it had been detached: the first datagrams ask for it
  #slabBytes: Uint8Array = new Uint8Array(this.#slab); // asked for its length: the getter of an ArrayBuffer's is a call out of compiled code
  #slabWords: DataView = new DataView(this.#slab); // reads four bytes as fast as a Uint8Array reads one
  readonly #views: Buffer[] = [];
  readonly #viewOffsets = new Int32Array(MAX_VIEWS).fill(NO_VIEW);
  readonly #viewLengths = new Int32Array(MAX_VIEWS);
  #length = 0;
  #chunk: Buffer = Buffer.alloc(0);
  #chunkMemory: ArrayBufferLike = this.#chunk.buffer; // the getter is a call out of compiled code
  #chunkUsedBytes = 0;
  #chunkWakeUps = 0; // since the chunk was new
  #gatheredFrom = 0;
  #gatheredTo = 0;
  #from: SocketAddress | undefined; // of #fromSlot: a run comes from one peer
  #fromSlot = 0;

  constructor(addon: Addon, tables: SharedTables, addresses: AddressTranslator, makeGuard: () => MemoryGuard) {
    this.#addon = addon;
    this.#tables = tables;
    this.#entries = tables.entries;
    this.#addresses = addresses;
    this.#makeGuard = makeGuard;
  }

  /** Takes over the `length` datagrams that the addon has received. */
  begin(length: number): void {
    if (this.#slab.byteLength === 0) this.#renewSlab();
    this.#length = length;
    this.#chunkWakeUps++;
    this.#from = undefined;
    this.#gatheredFrom = this.#gatheredTo = 0;
  }

  /** Empties the batch: the slab belongs to the next wake-up. */
  end(): void {
    this.#length = 0;
  }

  get length(): number {
    return this.#length;
  }

  lengthBytes(index: number): number {
    return this.#entries[this.#entryOf(index) + ENTRY.LENGTH]!;
  }

  /** Returns a view of the slab. The object outlives its batch: the next datagram in the same place gets it again. */
  view(index: number): Buffer {
    const entry = this.#entryOf(index);
    const offset = this.#entries[entry + ENTRY.OFFSET]!;
    const length = this.#entries[entry + ENTRY.LENGTH]!;
    this.#checkSlab();
    if (index >= MAX_VIEWS) return new BufferView(this.#slab, offset, length);
    if (this.#viewOffsets[index] !== offset || this.#viewLengths[index] !== length) {
      this.#views[index] = new BufferView(this.#slab, offset, length);
      this.#viewOffsets[index] = offset;
      this.#viewLengths[index] = length;
    }
    return this.#views[index]!;
  }

  copy(index: number, startBytes = 0): Buffer {
    const entry = this.#entryOf(index);
    const length = this.#entries[entry + ENTRY.LENGTH]!;
    checkStart(startBytes, length);
    if (length > this.#maxGatheredBytes) return this.#copyAlone(index, startBytes, length);
    if (!this.#isGathered(index, entry)) this.#gather(index);
    const copy = new BufferView(this.#chunkMemory, this.#entries[entry + ENTRY.COPIED_AT]! + startBytes, length - startBytes);
    this.#entries[entry + ENTRY.COPIED_AT] = -1; // given away: a second call copies again
    return copy;
  }

  runEnd(first: number, prefixBytes: number, leastBytes: number = prefixBytes): number {
    checkRun(prefixBytes, leastBytes, this.lengthBytes(first));
    this.#checkSlab();
    const near = Math.min(first + FEW, this.#length);
    let end = first + 1;
    while (end < near && this.#isLikeBefore(end, prefixBytes, leastBytes)) end++;
    if (end === near && near < this.#length) return this.#addon.run_end(first, this.#length, prefixBytes, leastBytes);
    return end;
  }

  uint32(index: number, offset: number): number {
    const entry = this.#entryOf(index);
    checkOffset(offset, this.#entries[entry + ENTRY.LENGTH]!);
    this.#checkSlab();
    return this.#slabWords.getUint32(this.#entries[entry + ENTRY.OFFSET]! + offset);
  }

  from(index: number): SocketAddress {
    const slot = this.#slotOf(index);
    if (slot === this.#fromSlot && this.#from !== undefined) return this.#from;
    this.#fromSlot = slot;
    this.#from = this.#addresses.peerAt(this.#tables.slots, slot + SLOT.FROM);
    return this.#from;
  }

  truncated(index: number): boolean {
    return this.#entries[this.#entryOf(index) + ENTRY.TRUNCATED] !== 0;
  }

  arrival(index: number): Arrival {
    const { slots, timestamps } = this.#tables;
    const slot = this.#slotOf(index);
    const known = slots[slot + SLOT.KNOWN]!;
    const arrival: { -readonly [K in keyof Arrival]: Arrival[K] } = { truncated: this.truncated(index) };
    if (known & KNOWN.DESTINATION) {
      arrival.destination = this.destination(index);
      arrival.interfaceIndex = slots[slot + SLOT.INTERFACE]!;
      const name = this.#addresses.interfaceName(arrival.interfaceIndex);
      if (name !== undefined) arrival.interface = name;
    }
    if (known & KNOWN.TTL) arrival.ttl = slots[slot + SLOT.TTL]!;
    if (known & KNOWN.TIMESTAMP) arrival.timestampNs = timestamps[slot / 2 + SLOT.TIMESTAMP]!;
    if (known & KNOWN.DROPS) arrival.kernelDrops = slots[slot + SLOT.DROPS]! >>> 0;
    return arrival;
  }

  destination(index: number): string {
    const slot = this.#slotOf(index);
    if (!(this.#tables.slots[slot + SLOT.KNOWN]! & KNOWN.DESTINATION)) return "";
    return this.#addresses.destinationAt(this.#tables.slots, slot + SLOT.DESTINATION);
  }

  interfaceIndex(index: number): number {
    const slot = this.#slotOf(index);
    if (!(this.#tables.slots[slot + SLOT.KNOWN]! & KNOWN.DESTINATION)) return 0;
    return this.#tables.slots[slot + SLOT.INTERFACE]!;
  }

  /** Takes the new slab that the addon makes when a user has detached the old one. */
  #renewSlab(): void {
    this.#guard ??= this.#makeGuard();
    this.#maxGatheredBytes = this.#guard.isEffective ? MAX_GATHERED_BYTES : NOTHING;
    this.#slab = this.#addon.slab();
    this.#slabBytes = new Uint8Array(this.#slab);
    this.#slabWords = new DataView(this.#slab);
    this.#guard.protect(this.#slab);
    this.#viewOffsets.fill(NO_VIEW);
  }

  /** Throws when the bytes of this batch are gone: empty views, or zeros, must not pass for datagrams. */
  #checkSlab(): void {
    if (this.#slabBytes.length === 0) throw batchDetached();
  }

  /** Whether a datagram is long enough, begins as the one before it, and has its sender. */
  #isLikeBefore(index: number, prefixBytes: number, leastBytes: number): boolean {
    const entries = this.#entries;
    const entry = index * ENTRY.SIZE;
    const before = entry - ENTRY.SIZE;
    if (entries[entry + ENTRY.LENGTH]! < leastBytes) return false;
    if (entries[entry + ENTRY.SLOT] !== entries[before + ENTRY.SLOT] && this.from(index) !== this.from(index - 1)) return false;
    const here = entries[entry + ENTRY.OFFSET]!;
    const there = entries[before + ENTRY.OFFSET]!;
    const words = this.#slabWords;
    let at = 0;
    for (; at + WORD_BYTES <= prefixBytes; at += WORD_BYTES) if (words.getInt32(here + at) !== words.getInt32(there + at)) return false;
    for (; at < prefixBytes; at++) if (words.getUint8(here + at) !== words.getUint8(there + at)) return false;
    return true;
  }

  #isGathered(index: number, entry: number): boolean {
    const isCopied = index >= this.#gatheredFrom && index < this.#gatheredTo && this.#entries[entry + ENTRY.COPIED_AT] !== -1;
    return isCopied && this.#chunk.length > 0; // 0: no chunk yet, or one that was detached
  }

  #entryOf(index: number): number {
    checkIndex(index, this.#length);
    return index * ENTRY.SIZE;
  }

  #slotOf(index: number): number {
    return this.#entries[this.#entryOf(index) + ENTRY.SLOT]! * SLOT.SIZE;
  }

  /** Copies the datagrams from `first` on, as many as the chunk holds, in one call of the addon. */
  #gather(first: number): void {
    this.#checkSlab();
    if (this.#chunk.length === 0) this.#renewChunk();
    this.#gatheredFrom = first;
    this.#gatheredTo = this.#gatherAfter(this.#chunkUsedBytes, first);
    if (this.#gatheredTo === first) {
      this.#renewChunk();
      this.#gatheredTo = this.#gatherAfter(0, first);
    }
    const last = (this.#gatheredTo - 1) * ENTRY.SIZE;
    this.#chunkUsedBytes = align(this.#entries[last + ENTRY.COPIED_AT]! + this.#entries[last + ENTRY.LENGTH]!);
  }

  #gatherAfter(position: number, first: number): number {
    return this.#addon.gather(this.#chunk, position, first, this.#length, MAX_GATHERED_BYTES);
  }

  #renewChunk(): void {
    const isLoaded = this.#chunk.length > this.#chunkWakeUps * LOAD_BYTES;
    this.#chunk = Buffer.allocUnsafeSlow(isLoaded ? LARGE_CHUNK_BYTES : CHUNK_BYTES);
    const memory = this.#chunk.buffer as ArrayBuffer;
    this.#guard!.protect(memory); // there has been a slab
    this.#chunkMemory = memory;
    this.#chunkUsedBytes = 0;
    this.#chunkWakeUps = 0;
  }

  #copyAlone(index: number, startBytes: number, length: number): Buffer {
    const copy = Buffer.allocUnsafeSlow(length - startBytes);
    const whole = this.view(index);
    copy.set(startBytes === 0 ? whole : whole.subarray(startBytes));
    return copy;
  }
}

const ALIGNMENT_BYTES = 8; // as gather() of the addon

function align(position: number): number {
  return Math.ceil(position / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}
