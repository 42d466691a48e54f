/**
 * The payload of a packet on a sealed channel: an extension of ours.
 *
 *     version 1 (1 byte) | key id (1) | salt of the sender (16) | counter (4, big-endian) | ciphertext | tag (16)
 *
 * ChaCha20-Poly1305 (RFC 8439) under the sender's key on this channel, see {@link deriveSenderKey}. The nonce is the counter, padded with
 * zeroes on the left to 96 bits. The tag authenticates the header, too; the channel's name is part of the key.
 */

export const SEALED_VERSION = 1;
export const SALT_BYTES = 16;
export const SEALED_HEADER_BYTES = 22;
export const TAG_BYTES = 16;
export const NONCE_BYTES = 12;
export const CIPHER = "chacha20-poly1305";

/** Number of bytes that sealing adds to a payload. */
export const SEAL_OVERHEAD_BYTES: number = SEALED_HEADER_BYTES + TAG_BYTES;

/** Largest counter. After it a sender takes a new salt. */
export const MAX_COUNTER = 0xffff_ffff;

/** The part of a sealed packet before the ciphertext, in clear. */
export interface SealedHeader {
  readonly keyId: number;
  readonly salt: Buffer; // a view into the packet
  readonly counter: number;
}

/** Writes a header. */
export function sealedHeader({ keyId, salt, counter }: SealedHeader): Buffer {
  const header = Buffer.allocUnsafe(SEALED_HEADER_BYTES);
  header[0] = SEALED_VERSION;
  header[1] = keyId;
  header.set(salt, 2);
  header.writeUInt32BE(counter, 2 + SALT_BYTES);
  return header;
}

/** Reads the header; returns undefined when the packet is not sealed in this format. */
export function readSealedHeader(packet: Buffer): SealedHeader | undefined {
  if (packet.length < SEAL_OVERHEAD_BYTES || packet[0] !== SEALED_VERSION) return undefined;
  return { keyId: packet[1]!, salt: packet.subarray(2, 2 + SALT_BYTES), counter: packet.readUInt32BE(2 + SALT_BYTES) };
}

/** Returns the nonce for a counter. */
export function nonceOf(counter: number): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(counter, NONCE_BYTES - 4);
  return nonce;
}
