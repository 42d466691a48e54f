// Reads what `tcpdump -w -` writes: the classic format of libpcap, pcap-savefile(5).

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_OFFSET = 0;
const LINK_TYPE_OFFSET = 20;
const LINK_TYPE_ETHERNET = 1; // also of veth and loopback on Linux

/** One captured frame. */
export interface Frame {
  /** When it was captured. Milliseconds after 1970, in steps of a microsecond. */
  readonly atMs: number;
  readonly bytes: Buffer;
}

export class PcapReader {
  #rest: Buffer = Buffer.alloc(0);
  #hasHeader = false;

  /** Takes the next piece of the stream. @returns The frames that are complete now. */
  read(chunk: Uint8Array): Frame[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    if (!this.#hasHeader && !this.#readHeader()) return [];
    const frames: Frame[] = [];
    for (let frame = this.#readFrame(); frame !== undefined; frame = this.#readFrame()) frames.push(frame);
    return frames;
  }

  #readHeader(): boolean {
    const header = this.#rest;
    if (header.length < FILE_HEADER_BYTES) return false;
    // tcpdump writes in the byte order of its machine, which is little-endian wherever the lab runs
    const magic = header.readUInt32LE(MAGIC_OFFSET);
    if (magic !== MAGIC_MICROSECONDS) throw new Error(`Not a capture in microseconds and little-endian: magic 0x${magic.toString(16)}`);
    const linkType = header.readUInt32LE(LINK_TYPE_OFFSET) & 0xffff; // the upper half holds the length of the FCS
    if (linkType !== LINK_TYPE_ETHERNET) throw new Error(`Not a capture of Ethernet frames: link type ${linkType}`);
    this.#rest = header.subarray(FILE_HEADER_BYTES);
    this.#hasHeader = true;
    return true;
  }

  #readFrame(): Frame | undefined {
    const record = this.#rest;
    if (record.length < RECORD_HEADER_BYTES) return undefined;
    const end = RECORD_HEADER_BYTES + record.readUInt32LE(8);
    if (record.length < end) return undefined;
    this.#rest = record.subarray(end);
    const atMs = record.readUInt32LE(0) * 1000 + record.readUInt32LE(4) / 1000;
    return { atMs, bytes: record.subarray(RECORD_HEADER_BYTES, end) };
  }
}
