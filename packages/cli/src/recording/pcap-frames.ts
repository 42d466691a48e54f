/** Frames of a file in the classic format of libpcap (pcap-savefile(5), draft-ietf-opsawg-pcap). */
import type { ByteSource } from "./byte-source.js";
import { type Frame, MAX_RECORD_BYTES } from "./frame.js";

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const LINK_TYPE_OFFSET = 20;
const LINK_TYPE_MASK = 0xffff; // the upper half has the length of the frame check sequence
const NS_PER_S = 1_000_000_000n;

/** Map of magic number, read little-endian → byte order and length of a time's second word. */
const MAGICS: Readonly<Record<number, { readonly isLittle: boolean; readonly unitNs: bigint }>> = {
  2712847316: { isLittle: true, unitNs: 1000n },
  2712812621: { isLittle: true, unitNs: 1n },
  3569595041: { isLittle: false, unitNs: 1000n },
  1295823521: { isLittle: false, unitNs: 1n },
};

/** Returns whether a file with this magic number is one. */
export function isPcap(magic: number): boolean {
  return MAGICS[magic] !== undefined;
}

/** Yields the frames of the file. @throws RecordingError */
export async function* pcapFrames(source: ByteSource): AsyncGenerator<Frame> {
  await source.need(FILE_HEADER_BYTES, "the header of the file");
  const header = source.take(FILE_HEADER_BYTES);
  const { isLittle, unitNs } = MAGICS[header.readUInt32LE(0)]!;
  const word = (bytes: Buffer, at: number): number => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const linkType = word(header, LINK_TYPE_OFFSET) & LINK_TYPE_MASK;
  while (source.holds(1) || (await source.has(1))) {
    const { offset } = source;
    await source.need(RECORD_HEADER_BYTES, "the header of a packet");
    const record = source.peek(RECORD_HEADER_BYTES);
    const lengthBytes = word(record, 8);
    const timeNs = BigInt(word(record, 0)) * NS_PER_S + BigInt(word(record, 4)) * unitNs;
    const wireBytes = word(record, 12);
    if (lengthBytes > MAX_RECORD_BYTES) throw source.error(`the packet claims ${lengthBytes} bytes`);
    await source.need(RECORD_HEADER_BYTES + lengthBytes, "a packet");
    const bytes = source.take(RECORD_HEADER_BYTES + lengthBytes).subarray(RECORD_HEADER_BYTES);
    yield { timeNs, linkType, bytes, wireBytes, interface: undefined, direction: undefined, drops: 0, offset };
  }
}
