/**
 * The header of a fragment: an extension of ours, at the start of a packet's payload on channels with the option `fragment: true`.
 *
 *     "GCF1" | message number (4 bytes) | length of the message (4) | index of the fragment (2) | number of fragments (2)
 *
 * Big-endian. All fragments of a message carry equally many bytes, the last one the rest. A message that fits one packet has no header,
 * unless it begins with "GCF1" itself.
 */

export const FRAGMENT_HEADER_BYTES = 16;

/** Longest message that is split, in bytes. Receivers hold no more for one message, whatever its header announces. */
export const MAX_FRAGMENTED_BYTES = 16_777_216; // 16 MiB

const MAGIC = 0x47_43_46_31; // "GCF1"

/** The part of a fragment before its bytes. */
export interface FragmentHeader {
  readonly message: number; // number of the message; a sender counts from a random one
  readonly totalBytes: number;
  readonly index: number;
  readonly count: number;
}

/** Whether a receiver takes `payload` for a fragment. */
export function looksLikeFragment(payload: Uint8Array): boolean {
  return payload.length >= 4 && Buffer.from(payload.buffer, payload.byteOffset, 4).readUInt32BE(0) === MAGIC;
}

/** Writes a header to the start of `target`. */
export function writeFragmentHeader(target: Buffer, { message, totalBytes, index, count }: FragmentHeader): void {
  target.writeUInt32BE(MAGIC, 0);
  target.writeUInt32BE(message, 4);
  target.writeUInt32BE(totalBytes, 8);
  target.writeUInt16BE(index, 12);
  target.writeUInt16BE(count, 14);
}

/** Reads the header of a payload that {@link looksLikeFragment}; returns undefined when it contradicts itself. */
export function readFragmentHeader(payload: Buffer): FragmentHeader | undefined {
  if (payload.length < FRAGMENT_HEADER_BYTES) return undefined;
  const header = {
    message: payload.readUInt32BE(4),
    totalBytes: payload.readUInt32BE(8),
    index: payload.readUInt16BE(12),
    count: payload.readUInt16BE(14),
  };
  return header.index < header.count && partBytesOf(header, payload.length - FRAGMENT_HEADER_BYTES) !== undefined ? header : undefined;
}

/**
 * Returns the length of each fragment but the last, in bytes, for a fragment of `lengthBytes` with this header; undefined when the two
 * contradict each other.
 */
export function partBytesOf({ totalBytes, index, count }: FragmentHeader, lengthBytes: number): number | undefined {
  if (totalBytes > MAX_FRAGMENTED_BYTES) return undefined;
  if (count === 1) return lengthBytes === totalBytes ? lengthBytes : undefined;
  const partBytes = index < count - 1 ? lengthBytes : (totalBytes - lengthBytes) / (count - 1);
  const lastBytes = totalBytes - partBytes * (count - 1);
  return Number.isInteger(partBytes) && partBytes > 0 && lastBytes > 0 && lastBytes <= partBytes ? partBytes : undefined;
}
