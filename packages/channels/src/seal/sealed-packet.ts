/**
 * The payload of a packet on a sealed channel: an extension of ours. All numbers are big-endian.
 *
 *     header | ciphertext | tag (16) | gate (8)
 *     header: version 2 (1) | kind (1) | key id (1) | salt of the sender (16) | counter (6) | time (6) | signer (8, of kind 1 only)
 *
 * ChaCha20-Poly1305 (RFC 8439) under the sender's key on this channel, see {@link deriveSenderKey}. The nonce is the counter, padded with
 * zeroes on the left to 96 bits. The tag authenticates the header, too; the channel's name is part of the key. The time is that of day, in
 * milliseconds since 1970. Of kind 1 the plain text ends with a signature, see signatures.ts. The gate is explained in gate.ts.
 */

export const SEALED_VERSION = 2;
export const SALT_BYTES = 16;
export const TAG_BYTES = 16;
export const GATE_BYTES = 8;
export const NONCE_BYTES = 12;
export const SIGNER_BYTES = 8;
export const CIPHER = "chacha20-poly1305";

/** Largest counter. After it a sender takes a new salt. */
export const MAX_COUNTER: number = 2 ** 48 - 1;

/** Latest time of a packet, in milliseconds since 1970. */
export const MAX_TIME_MS: number = 2 ** 48 - 1;

/** Kinds of packets. Others are refused. */
export const KIND = { message: 0, signed: 1 } as const;

const KIND_OFFSET = 1;
const KEY_ID_OFFSET = 2;
const SALT_OFFSET = 3;
const COUNTER_OFFSET = SALT_OFFSET + SALT_BYTES;
const COUNTER_BYTES = 6;
const TIME_OFFSET = COUNTER_OFFSET + COUNTER_BYTES;
const TIME_BYTES = 6;
const SIGNER_OFFSET = TIME_OFFSET + TIME_BYTES;

const HEADER_BYTES: readonly (number | undefined)[] = [SIGNER_OFFSET, SIGNER_OFFSET + SIGNER_BYTES]; // by kind

/** Length of the longest header, in bytes. */
export const MAX_HEADER_BYTES: number = SIGNER_OFFSET + SIGNER_BYTES;

/** Number of bytes that sealing adds to a payload. A signature comes on top. */
export function sealOverheadBytes(kind: number): number {
  return HEADER_BYTES[kind]! + TAG_BYTES + GATE_BYTES;
}

/** The part of a sealed packet before the ciphertext, in clear. */
export interface SealedHeader {
  readonly lengthBytes: number; // of the header
  readonly keyId: number;
  readonly counter: number;
  readonly timeMs: number;
}

/** Makes the header of a sender's packets; {@link updateHeader} completes it for each. */
export function sealedHeader(salt: Buffer, signer: Buffer | undefined): Buffer {
  const header = Buffer.alloc(HEADER_BYTES[signer === undefined ? KIND.message : KIND.signed]!);
  header[0] = SEALED_VERSION;
  header[KIND_OFFSET] = signer === undefined ? KIND.message : KIND.signed;
  header.set(salt, SALT_OFFSET);
  if (signer !== undefined) header.set(signer, SIGNER_OFFSET);
  return header;
}

/** Writes what differs between a sender's packets. */
export function updateHeader(header: Buffer, keyId: number, counter: number, timeMs: number): void {
  header[KEY_ID_OFFSET] = keyId;
  header.writeUIntBE(counter, COUNTER_OFFSET, COUNTER_BYTES);
  header.writeUIntBE(timeMs, TIME_OFFSET, TIME_BYTES);
}

/** Reads the header. Returns "outdated" for a packet that was sealed in an earlier format, and "unsealed" for one that is not sealed. */
export function readSealedHeader(packet: Buffer): SealedHeader | "outdated" | "unsealed" {
  const lengthBytes = packet[0] === SEALED_VERSION ? HEADER_BYTES[packet[KIND_OFFSET]!] : undefined;
  if (lengthBytes === undefined || packet.length < lengthBytes + TAG_BYTES + GATE_BYTES) return strangerOf(packet);
  return {
    lengthBytes,
    keyId: packet[KEY_ID_OFFSET]!,
    counter: packet.readUIntBE(COUNTER_OFFSET, COUNTER_BYTES),
    timeMs: packet.readUIntBE(TIME_OFFSET, TIME_BYTES),
  };
}

/** Whether a packet says that it is signed. */
export function isSigned(packet: Buffer): boolean {
  return packet[KIND_OFFSET] === KIND.signed;
}

/** Returns the last 32 bits of the counter. */
export function counterBitsOf(packet: Uint8Array): number {
  let bits = 0;
  for (let i = COUNTER_BYTES - 4; i < COUNTER_BYTES; i++) bits = (bits << 8) | packet[COUNTER_OFFSET + i]!;
  return bits >>> 0;
}

/** Returns the salt, as a view into the packet. */
export function saltOf(packet: Buffer): Buffer {
  return packet.subarray(SALT_OFFSET, SALT_OFFSET + SALT_BYTES);
}

/** Returns the bytes by which a receiver distinguishes senders: key id, salt and signer. */
export function senderIdOf(packet: Buffer, { lengthBytes }: SealedHeader): string {
  const id = packet.toString("latin1", KEY_ID_OFFSET, COUNTER_OFFSET);
  return lengthBytes === SIGNER_OFFSET ? id : id + packet.toString("latin1", SIGNER_OFFSET, lengthBytes);
}

/** Returns the signer's mark in the header; undefined when the packet is not signed. */
export function signerOf(packet: Buffer, { lengthBytes }: SealedHeader): string | undefined {
  return lengthBytes === SIGNER_OFFSET ? undefined : packet.toString("hex", SIGNER_OFFSET, lengthBytes);
}

/** Writes the nonce for a counter into `nonce`. */
export function writeNonce(nonce: Buffer, counter: number): void {
  nonce.writeUIntBE(counter, NONCE_BYTES - COUNTER_BYTES, COUNTER_BYTES);
}

const FIRST_VERSION_OVERHEAD_BYTES = 38; // 1 | key id (1) | salt (16) | counter (4) | ciphertext | tag (16)

function strangerOf(packet: Buffer): "outdated" | "unsealed" {
  return packet[0] === 1 && packet.length >= FIRST_VERSION_OVERHEAD_BYTES ? "outdated" : "unsealed";
}
