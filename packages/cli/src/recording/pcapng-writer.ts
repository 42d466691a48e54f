/** Blocks of pcapng, in the byte order that most machines have. */
import { BLOCK, BLOCK_FRAME_BYTES, BYTE_ORDER_MAGIC, LINKTYPE_RAW, OPTION, padded } from "./pcapng-layout.js";
import { MAX_PACKET_BYTES, type PacketFields, packetLength, writePacket } from "./udp-packet.js";

/** Receiver of blocks: whole ones, some at a time. The bytes are valid during the call only. */
export type BlockSink = (blocks: Buffer) => void;

/** A packet, and what is known of it besides its bytes. */
export interface PacketRecord extends PacketFields {
  /** Number of the interface, as {@link PcapngWriter.addInterface} returned it. */
  readonly interface: number;
  /** Time in nanoseconds since 1970. */
  readonly timeNs: bigint;
  /** Direction and kind of reception: see `pcapng-layout.ts`. */
  readonly flags: number;
  /** Number of packets lost before this one. */
  readonly drops: number;
}

const CHUNK_BYTES = 256 * 1024;
const PACKET_BODY_BYTES = 20; // before the packet
const PACKET_OPTIONS_BYTES = 8 + 12 + 4; // flags, drops, end
const LONGEST_PACKET_BLOCK = BLOCK_FRAME_BYTES + PACKET_BODY_BYTES + padded(MAX_PACKET_BYTES) + PACKET_OPTIONS_BYTES;
const UNKNOWN_SECTION_LENGTH = 0xffff_ffff; // in both words
const SNAP_LENGTH = 0; // no limit
const NANOSECONDS = 9; // 10^-9 s

/** Writes a section of pcapng: interfaces, packets, statistics. Collects blocks up to 256 KiB, and hands them on whole. */
export class PcapngWriter {
  readonly #sink: BlockSink;
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  #used = 0;
  #interfaces = 0;

  /** @param application - Name and version of the writing program. */
  constructor(sink: BlockSink, application: string) {
    this.#sink = sink;
    const head = Buffer.alloc(16);
    head.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
    head.writeUInt16LE(1, 4); // version 1.0
    head.writeUInt32LE(UNKNOWN_SECTION_LENGTH, 8);
    head.writeUInt32LE(UNKNOWN_SECTION_LENGTH, 12);
    const os = `${process.platform} ${process.arch}`;
    this.#block(BLOCK.section, [
      head,
      textOption(OPTION.section.os, os),
      textOption(OPTION.section.application, application),
      END_OF_OPTIONS,
    ]);
  }

  /** Number of bytes that wait for the sink. */
  get pendingBytes(): number {
    return this.#used;
  }

  /** Describes an interface, and returns its number. @param name - Its name; undefined: not known. */
  addInterface(name: string | undefined): number {
    const head = Buffer.alloc(8);
    head.writeUInt16LE(LINKTYPE_RAW, 0);
    head.writeUInt32LE(SNAP_LENGTH, 4);
    const names = name === undefined ? [] : [textOption(OPTION.interface.name, name)];
    this.#block(BLOCK.interface, [head, ...names, option(OPTION.interface.timeResolution, Buffer.from([NANOSECONDS])), END_OF_OPTIONS]);
    return this.#interfaces++;
  }

  /** Writes a packet. */
  writePacket(record: PacketRecord): void {
    if (CHUNK_BYTES - this.#used < LONGEST_PACKET_BLOCK) this.flush();
    const bytes = packetLength(record);
    const start = this.#used;
    const chunk = this.#chunk;
    writeTime(chunk, start + 12, record.timeNs);
    chunk.writeUInt32LE(record.interface, start + 8);
    chunk.writeUInt32LE(bytes, start + 20);
    chunk.writeUInt32LE(bytes, start + 24);
    const packet = start + 28;
    writePacket(record, chunk, packet);
    chunk.fill(0, packet + bytes, packet + padded(bytes));
    let at = packet + padded(bytes);
    at = writeWordOption(chunk, at, OPTION.packet.flags, record.flags);
    if (record.drops > 0) at = writeCountOption(chunk, at, OPTION.packet.dropCount, record.drops);
    chunk.writeUInt32LE(OPTION.end, at);
    this.#close(BLOCK.enhancedPacket, start, at + 4);
  }

  /** Writes what an interface has received and lost in all. */
  writeStatistics(interfaceNumber: number, timeNs: bigint, counts: { readonly received: number; readonly drops: number }): void {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(interfaceNumber, 0);
    writeTime(head, 4, timeNs);
    this.#block(BLOCK.interfaceStatistics, [
      head,
      countOption(OPTION.statistics.received, counts.received),
      countOption(OPTION.statistics.osDrops, counts.drops),
      END_OF_OPTIONS,
    ]);
  }

  /** Hands over the blocks that wait. */
  flush(): void {
    const blocks = this.#chunk.subarray(0, this.#used);
    this.#used = 0;
    if (blocks.length > 0) this.#sink(blocks);
  }

  #block(type: number, parts: readonly Buffer[]): void {
    const body = Buffer.concat(parts);
    if (CHUNK_BYTES - this.#used < BLOCK_FRAME_BYTES + body.length) this.flush();
    const start = this.#used;
    body.copy(this.#chunk, start + 8);
    this.#close(type, start, start + 8 + body.length);
  }

  /** Writes the frame round a block whose body ends at `end`. */
  #close(type: number, start: number, end: number): void {
    const length = end + 4 - start;
    this.#chunk.writeUInt32LE(type, start);
    this.#chunk.writeUInt32LE(length, start + 4);
    this.#chunk.writeUInt32LE(length, end);
    this.#used = end + 4;
  }
}

const END_OF_OPTIONS = Buffer.alloc(4);

function option(code: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + padded(value.length));
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt16LE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}

function textOption(code: number, text: string): Buffer {
  return option(code, Buffer.from(text));
}

function countOption(code: number, count: number): Buffer {
  const value = Buffer.alloc(8);
  value.writeBigUInt64LE(BigInt(count));
  return option(code, value);
}

function writeWordOption(target: Buffer, at: number, code: number, value: number): number {
  target.writeUInt32LE(code | (4 << 16), at);
  return target.writeUInt32LE(value, at + 4);
}

function writeCountOption(target: Buffer, at: number, code: number, value: number): number {
  target.writeUInt32LE(code | (8 << 16), at);
  return target.writeBigUInt64LE(BigInt(value), at + 4);
}

/** Writes a time as two words, the upper one first. */
function writeTime(target: Buffer, at: number, timeNs: bigint): void {
  target.writeUInt32LE(Number((timeNs >> 32n) & 0xffff_ffffn), at);
  target.writeUInt32LE(Number(timeNs & 0xffff_ffffn), at + 4);
}
