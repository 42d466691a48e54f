/**
 * The header of a fragment: an extension of ours, at the start of a packet's payload on channels opened with `fragment: true`.
 *
 *     "GCF1" | message number (4 bytes) | length of the message (4) | index of the fragment (2) | number of fragments (2)
 *
 * Big-endian. All fragments of a message carry equally many bytes, the last one the rest. A message that fits one packet has no header,
 * unless it begins with "GCF1" itself.
 */

export const FRAGMENT_HEADER_BYTES = 16;

/** Longest message that is split; receivers hold no more for one, whatever it announces. */
export const MAX_FRAGMENTED_BYTES = 16_777_216; // 16 MiB

const MAGIC = 0x47_43_46_31; // "GCF1"

/** What stands before the bytes of a fragment. */
export interface FragmentHeader {
  readonly message: number; // counts the messages of a sender, from a random number on
  readonly totalBytes: number;
  readonly index: number;
  readonly count: number;
}

/** Whether `payload` would be taken for a fragment. */
export function looksLikeFragment(payload: Uint8Array): boolean {
  return payload.length >= 4 && Buffer.from(payload.buffer, payload.byteOffset, 4).readUInt32BE(0) === MAGIC;
}

export function writeFragmentHeader(target: Buffer, { message, totalBytes, index, count }: FragmentHeader): void {
  target.writeUInt32BE(MAGIC, 0);
  target.writeUInt32BE(message, 4);
  target.writeUInt32BE(totalBytes, 8);
  target.writeUInt16BE(index, 12);
  target.writeUInt16BE(count, 14);
}

/** Reads the header of a payload that {@link looksLikeFragment}; undefined when it contradicts itself. */
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
 * How many bytes each fragment but the last carries, if a fragment of `lengthBytes` is what its header says; undefined if it cannot be.
 */
export function partBytesOf({ totalBytes, index, count }: FragmentHeader, lengthBytes: number): number | undefined {
  if (totalBytes > MAX_FRAGMENTED_BYTES) return undefined;
  if (count === 1) return lengthBytes === totalBytes ? lengthBytes : undefined;
  const partBytes = index < count - 1 ? lengthBytes : (totalBytes - lengthBytes) / (count - 1);
  const lastBytes = totalBytes - partBytes * (count - 1);
  return Number.isInteger(partBytes) && partBytes > 0 && lastBytes > 0 && lastBytes <= partBytes ? partBytes : undefined;
}
