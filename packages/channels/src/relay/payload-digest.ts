import { hash, randomFillSync } from "node:crypto";

const DIGEST_BITS = 21; // with the 32 of a sequence number, they make one whole number without loss

/** Number of different digests. */
export const DIGESTS: number = 2 ** DIGEST_BITS;

/**
 * Returns short digests of payloads. SHA-256 and a secret choice from its words: without the secret nobody finds two payloads that share a
 * digest, but by a chance of one in two millions.
 */
export class PayloadDigest {
  readonly #secret = randomFillSync(new Uint32Array(8)).map((factor) => factor | 1);

  /** Returns the digest of a payload, 0 … {@link DIGESTS} - 1. */
  of(payload: Uint8Array): number {
    const words = hash("sha256", payload, "buffer");
    let sum = 0;
    for (let i = 0; i < 8; i++) sum = (sum + Math.imul(words.readInt32LE(4 * i), this.#secret[i]!)) | 0;
    return sum >>> (32 - DIGEST_BITS);
  }
}
