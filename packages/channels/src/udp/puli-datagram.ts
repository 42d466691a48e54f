/**
 * The datagrams of channels on UDP, in the wire format of pulicast 1.0.0 and later:
 *
 *     "PULI" | length of the name (1 byte) | name (ASCII) | sequence number (4 bytes, big-endian) | payload
 */
import { maxPayloadBytes as maxUdpPayloadBytes } from "groupcast";

const MAGIC = 0x50_55_4c_49; // "PULI"
const MAGIC_BYTES = 4;
/** Length of the sequence number, which is the end of the header. */
export const SEQUENCE_BYTES = 4;
const NAME_OFFSET = MAGIC_BYTES + 1;

/** The parts of a datagram. */
export interface PuliHeader {
  readonly channel: string;
  readonly sequence: number; // 0 … 2 ** 32 - 1
  readonly payloadOffset: number; // offset of the payload, which is the rest and may be empty
}

/** Returns the number of bytes of a datagram on `channel` besides its payload. */
export function puliOverheadBytes(channel: string): number {
  return NAME_OFFSET + channel.length + SEQUENCE_BYTES;
}

/** Returns the length of the longest payload on `channel`, in bytes. */
export function maxPuliPayloadBytes(channel: string): number {
  return maxUdpPayloadBytes(4) - puliOverheadBytes(channel);
}

/** Writes everything before the sequence number into `target`; returns its offset. */
export function writePuliPrefix(target: Buffer, channel: string): number {
  target.writeUInt32BE(MAGIC, 0);
  target[MAGIC_BYTES] = channel.length;
  return NAME_OFFSET + target.write(channel, NAME_OFFSET, "latin1");
}

/** Writes everything but the payload into `target`; returns the offset of the payload. */
export function writePuliHeader(target: Buffer, channel: string, sequence: number): number {
  return writeSequence(target, writePuliPrefix(target, channel), sequence);
}

/** Writes a sequence number at `offset`; returns the offset behind it. */
export function writeSequence(target: Buffer, offset: number, sequence: number): number {
  // writeUInt32BE() checks its arguments, which costs more than the four bytes.
  target[offset] = sequence >>> 24;
  target[offset + 1] = sequence >>> 16;
  target[offset + 2] = sequence >>> 8;
  target[offset + 3] = sequence;
  return offset + SEQUENCE_BYTES;
}

/** Reads a datagram; returns undefined when it belongs to no channel. */
export function readPuliHeader(datagram: Buffer): PuliHeader | undefined {
  if (datagram.length < NAME_OFFSET + SEQUENCE_BYTES || datagram.readUInt32BE(0) !== MAGIC) return undefined;
  const sequenceOffset = NAME_OFFSET + datagram[MAGIC_BYTES]!;
  const payloadOffset = sequenceOffset + SEQUENCE_BYTES;
  if (payloadOffset > datagram.length) return undefined;
  return {
    channel: datagram.toString("latin1", NAME_OFFSET, sequenceOffset),
    sequence: datagram.readUInt32BE(sequenceOffset),
    payloadOffset,
  };
}

/** Whether a datagram is on the channel of `header`, the part of a datagram before its payload; the sequence numbers may differ. */
export function isSameChannel(datagram: Buffer, header: Buffer): boolean {
  if (datagram.length < header.length) return false;
  // From the end of the name backwards, as names differ there first. A loop costs less than a call out of JavaScript.
  for (let i = header.length - SEQUENCE_BYTES - 1; i >= 0; i--) if (datagram[i] !== header[i]) return false;
  return true;
}
