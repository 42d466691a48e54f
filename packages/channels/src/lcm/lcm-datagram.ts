/**
 * The datagrams of LCM ("LCM UDP Multicast Protocol Description", lcm-proj.github.io/lcm/content/udp-multicast-protocol.html):
 *
 *     short message: "LC02" | sequence number (4) | name, 0 | payload
 *     fragment:      "LC03" | sequence number (4) | length of the payload (4) | offset of this part (4) | fragment (2) | fragments (2)
 *                    | name, 0: in fragment 0 alone | part of the payload
 *
 * Big-endian. A sender counts its messages on all channels with one counter; the fragments of a message share its number.
 */

/** Longest name of a channel, in bytes (LCM_MAX_CHANNEL_NAME_LENGTH in lcm.h): LCM's own readers refuse a longer one. */
export const MAX_LCM_NAME_BYTES = 63;

/** Length of the longest message, in bytes. LCM's own bound is 256 MiB; but strangers decide about it, and it must fit into the memory of a program. */
export const MAX_LCM_MESSAGE_BYTES = 16_777_216; // 16 MiB

const SHORT_MAGIC = 0x4c_43_30_32; // "LC02"
const FRAGMENT_MAGIC = 0x4c_43_30_33; // "LC03"
const SHORT_HEADER_BYTES = 8;
const FRAGMENT_HEADER_BYTES = 20;

/** Longest datagram, in bytes: 6 packets of Ethernet. Longer ones are lost more often, because all their packets must arrive. */
const LONGEST_DATAGRAM_BYTES = 8192;
const PART_BYTES = LONGEST_DATAGRAM_BYTES - FRAGMENT_HEADER_BYTES;

/** A short message. */
export interface LcmShortHeader {
  readonly sequence: number;
  readonly channel: string;
  readonly partOffset: number; // in the datagram: the payload begins there
}

/** A fragment. */
export interface LcmFragmentHeader {
  readonly sequence: number;
  readonly channel: string | undefined; // in fragment 0 alone
  readonly partOffset: number;
  readonly totalBytes: number;
  readonly offset: number; // of its part within the payload
  readonly index: number;
  readonly count: number;
}

/** A message to send. */
export interface LcmMessage {
  readonly channel: string;
  readonly payload: Uint8Array;
}

/** Returns the number of the message after that of `sequence`. After the last of 32 bits comes 0. */
export function nextLcmSequence(sequence: number): number {
  return (sequence + 1) >>> 0;
}

/** Returns the number of datagrams of a message: 1 if it is short. */
export function lcmDatagramCount({ channel, payload }: LcmMessage): number {
  const nameBytes = channel.length + 1;
  const isShort = SHORT_HEADER_BYTES + nameBytes + payload.length <= LONGEST_DATAGRAM_BYTES;
  return isShort ? 1 : Math.ceil((nameBytes + payload.length) / PART_BYTES);
}

/** Returns datagram `index` of the `count` of a message. */
export function lcmDatagram(message: LcmMessage, sequence: number, index: number, count: number): Buffer {
  return count === 1 ? shortDatagram(message, sequence) : fragmentDatagram(message, sequence, index, count);
}

function shortDatagram({ channel, payload }: LcmMessage, sequence: number): Buffer {
  const datagram = Buffer.allocUnsafe(SHORT_HEADER_BYTES + channel.length + 1 + payload.length);
  datagram.writeUInt32BE(SHORT_MAGIC, 0);
  datagram.writeUInt32BE(sequence, 4);
  datagram.set(payload, writeName(datagram, channel, SHORT_HEADER_BYTES));
  return datagram;
}

function fragmentDatagram({ channel, payload }: LcmMessage, sequence: number, index: number, count: number): Buffer {
  const nameBytes = channel.length + 1;
  const offset = Math.max(0, index * PART_BYTES - nameBytes); // fragment 0 has the name, and so less of the payload
  const part = payload.subarray(offset, (index + 1) * PART_BYTES - nameBytes);
  const datagram = Buffer.allocUnsafe(FRAGMENT_HEADER_BYTES + (index === 0 ? nameBytes : 0) + part.length);
  datagram.writeUInt32BE(FRAGMENT_MAGIC, 0);
  datagram.writeUInt32BE(sequence, 4);
  datagram.writeUInt32BE(payload.length, 8);
  datagram.writeUInt32BE(offset, 12);
  datagram.writeUInt16BE(index, 16);
  datagram.writeUInt16BE(count, 18);
  datagram.set(part, index === 0 ? writeName(datagram, channel, FRAGMENT_HEADER_BYTES) : FRAGMENT_HEADER_BYTES);
  return datagram;
}

function writeName(target: Buffer, channel: string, at: number): number {
  return target.writeUInt8(0, at + target.write(channel, at, "latin1"));
}

/** Whether a datagram claims to be a fragment. */
export function isLcmFragment(datagram: Buffer): boolean {
  return datagram.length >= FRAGMENT_HEADER_BYTES && datagram.readUInt32BE(0) === FRAGMENT_MAGIC;
}

/** Reads a short message; returns undefined if the datagram is none. */
export function readLcmShort(datagram: Buffer): LcmShortHeader | undefined {
  if (datagram.length < SHORT_HEADER_BYTES || datagram.readUInt32BE(0) !== SHORT_MAGIC) return undefined;
  const end = endOfName(datagram, SHORT_HEADER_BYTES);
  if (end === undefined) return undefined;
  return { sequence: datagram.readUInt32BE(4), channel: datagram.toString("latin1", SHORT_HEADER_BYTES, end), partOffset: end + 1 };
}

/** Reads a datagram that {@link isLcmFragment}; returns undefined if it contradicts itself, or its message is too long. */
export function readLcmFragment(datagram: Buffer): LcmFragmentHeader | undefined {
  const index = datagram.readUInt16BE(16);
  const end = index === 0 ? endOfName(datagram, FRAGMENT_HEADER_BYTES) : FRAGMENT_HEADER_BYTES - 1;
  if (end === undefined) return undefined;
  const header = {
    sequence: datagram.readUInt32BE(4),
    channel: index === 0 ? datagram.toString("latin1", FRAGMENT_HEADER_BYTES, end) : undefined,
    partOffset: end + 1,
    totalBytes: datagram.readUInt32BE(8),
    offset: datagram.readUInt32BE(12),
    index,
    count: datagram.readUInt16BE(18),
  };
  const isInside = header.offset + datagram.length - header.partOffset <= header.totalBytes;
  return index < header.count && isInside && header.totalBytes <= MAX_LCM_MESSAGE_BYTES ? header : undefined;
}

/** Returns the offset of the 0 that ends a name; undefined if there is none, or the name is too long. */
function endOfName(datagram: Buffer, start: number): number | undefined {
  const end = datagram.indexOf(0, start);
  return end === -1 || end - start > MAX_LCM_NAME_BYTES ? undefined : end;
}
