/**
 * The datagrams of channels on UDP, as pulicast has them on the wire since its 1.0.0:
 *
 *     "PULI" | length of the name (1 byte) | name (ASCII) | sequence number (4 bytes, big-endian) | payload
 */

const MAGIC = 0x50_55_4c_49; // "PULI"
const MAGIC_BYTES = 4;
const SEQUENCE_BYTES = 4;
const NAME_AT = MAGIC_BYTES + 1;

const MAX_UDP_PAYLOAD_BYTES = 65_507; // 65,535 less the headers of IPv4 and UDP (RFC 791, RFC 768)

/** The parts of a datagram. */
export interface PuliHeader {
  readonly channel: string;
  readonly sequence: number; // 0 … 2 ** 32 - 1
  readonly payloadAt: number; // the payload is the rest, perhaps nothing
}

/** What a datagram on `channel` is longer than its payload, in bytes. */
export function puliOverheadBytes(channel: string): number {
  return NAME_AT + channel.length + SEQUENCE_BYTES;
}

/** The longest payload that fits a datagram on `channel`, in bytes. */
export function maxPuliPayloadBytes(channel: string): number {
  return MAX_UDP_PAYLOAD_BYTES - puliOverheadBytes(channel);
}

/** Writes everything before the sequence number into `target`; returns where that goes. */
export function writePuliPrefix(target: Buffer, channel: string): number {
  target.writeUInt32BE(MAGIC, 0);
  target[MAGIC_BYTES] = channel.length;
  return NAME_AT + target.write(channel, NAME_AT, "latin1");
}

/** Writes everything but the payload into `target`; returns where the payload goes. */
export function writePuliHeader(target: Buffer, channel: string, sequence: number): number {
  return target.writeUInt32BE(sequence, writePuliPrefix(target, channel));
}

/** Reads a datagram; undefined when it is none of a channel. */
export function readPuliHeader(datagram: Buffer): PuliHeader | undefined {
  if (datagram.length < NAME_AT + SEQUENCE_BYTES || datagram.readUInt32BE(0) !== MAGIC) return undefined;
  const sequenceAt = NAME_AT + datagram[MAGIC_BYTES]!;
  const payloadAt = sequenceAt + SEQUENCE_BYTES;
  if (payloadAt > datagram.length) return undefined;
  return { channel: datagram.toString("latin1", NAME_AT, sequenceAt), sequence: datagram.readUInt32BE(sequenceAt), payloadAt };
}

/** The sequence number of a datagram whose payload begins at `payloadAt`. */
export function readSequence(datagram: Buffer, payloadAt: number): number {
  return datagram.readUInt32BE(payloadAt - SEQUENCE_BYTES);
}

/** Whether a datagram is on the same channel as one whose bytes up to the payload are `header`; the sequence numbers may differ. */
export function isSameChannel(datagram: Buffer, header: Buffer): boolean {
  if (datagram.length < header.length) return false;
  // From the end of the name backwards: there names differ first. A loop, as a call out of JavaScript costs more than it.
  for (let i = header.length - SEQUENCE_BYTES - 1; i >= 0; i--) if (datagram[i] !== header[i]) return false;
  return true;
}
