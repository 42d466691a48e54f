/**
 * The payload of a packet on a sealed channel: an extension of ours.
 *
 *     version 1 (1 byte) | key id (1) | salt of the sender (16) | counter (4, big-endian) | ciphertext | tag (16)
 *
 * ChaCha20-Poly1305 (RFC 8439) under the sender's key on this channel, see {@link deriveSenderKey}. The nonce is the counter, padded with
 * zeroes on the left to 96 bits. What stands before the ciphertext is authenticated with it; the channel's name is part of the key.
 */

export const SEALED_VERSION = 1;
export const SALT_BYTES = 16;
export const SEALED_HEADER_BYTES = 22;
export const TAG_BYTES = 16;
export const NONCE_BYTES = 12;
export const CIPHER = "chacha20-poly1305";

/** What a sealed packet is longer than what it seals, in bytes. */
export const SEAL_OVERHEAD_BYTES: number = SEALED_HEADER_BYTES + TAG_BYTES;

/** The largest counter; a sender takes a new salt after it. */
export const MAX_COUNTER = 0xffff_ffff;

/** What stands in clear before the ciphertext. */
export interface SealedHeader {
  readonly keyId: number;
  readonly salt: Buffer; // a view into the packet
  readonly counter: number;
}

export function sealedHeader({ keyId, salt, counter }: SealedHeader): Buffer {
  const header = Buffer.allocUnsafe(SEALED_HEADER_BYTES);
  header[0] = SEALED_VERSION;
  header[1] = keyId;
  header.set(salt, 2);
  header.writeUInt32BE(counter, 2 + SALT_BYTES);
  return header;
}

/** Reads the header; undefined when the packet is not sealed this way. */
export function readSealedHeader(packet: Buffer): SealedHeader | undefined {
  if (packet.length < SEAL_OVERHEAD_BYTES || packet[0] !== SEALED_VERSION) return undefined;
  return { keyId: packet[1]!, salt: packet.subarray(2, 2 + SALT_BYTES), counter: packet.readUInt32BE(2 + SALT_BYTES) };
}

export function nonceOf(counter: number): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(counter, NONCE_BYTES - 4);
  return nonce;
}
