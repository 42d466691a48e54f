import { randomBytes } from "node:crypto";
import { FRAGMENT_HEADER_BYTES, looksLikeFragment, writeFragmentHeader } from "./fragment-header.js";

/**
 * Longest fragment, in bytes with its header: 6 packets of Ethernet. Longer ones get lost more often, as all their packets have to
 * arrive; shorter ones cost more calls.
 */
const LONGEST_FRAGMENT_BYTES = 8192;

/** Splits messages that are too long for a packet. */
export class Fragmenter {
  readonly #maxPayloadBytes: number;
  readonly #partBytes: number;
  #message: number = randomBytes(4).readUInt32BE(0); // so a sender that starts again does not repeat its old numbers

  /** @param maxPayloadBytes - Longest payload of one packet. */
  constructor(maxPayloadBytes: number) {
    this.#maxPayloadBytes = maxPayloadBytes;
    this.#partBytes = Math.min(maxPayloadBytes, LONGEST_FRAGMENT_BYTES) - FRAGMENT_HEADER_BYTES;
  }

  /** Returns the payloads to send for `message`: itself, or its fragments. */
  split(message: Uint8Array): readonly Uint8Array[] {
    if (message.length <= this.#maxPayloadBytes && !looksLikeFragment(message)) return [message];
    const count = Math.max(1, Math.ceil(message.length / this.#partBytes));
    const number = this.#message;
    this.#message = (number + 1) >>> 0;
    return Array.from({ length: count }, (_, index) => {
      const part = message.subarray(index * this.#partBytes, (index + 1) * this.#partBytes);
      const fragment = Buffer.allocUnsafe(FRAGMENT_HEADER_BYTES + part.length);
      writeFragmentHeader(fragment, { message: number, totalBytes: message.length, index, count });
      fragment.set(part, FRAGMENT_HEADER_BYTES);
      return fragment;
    });
  }
}
