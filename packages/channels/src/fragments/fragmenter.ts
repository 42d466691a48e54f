import { randomBytes } from "node:crypto";
import { FRAGMENT_HEADER_BYTES, looksLikeFragment, MAX_FRAGMENTED_BYTES, writeFragmentHeader } from "./fragment-header.js";

/**
 * Longest fragment, in bytes with its header: 6 packets of Ethernet. Longer ones get lost more often, as all their packets have to
 * arrive; shorter ones cost more calls.
 */
const LONGEST_FRAGMENT_BYTES = 8192;

const MAX_COUNT = 0xffff; // the header counts fragments in 16 bits

/** Splits messages that are too long for a packet. The length of the longest payload of one packet may change from message to message. */
export class Fragmenter {
  #message: number = randomBytes(4).readUInt32BE(0); // so a sender that starts again does not repeat its old numbers

  /** Returns the length of the longest message that {@link Fragmenter.split} takes, in bytes. */
  maxMessageBytes(maxPayloadBytes: number): number {
    return Math.max(maxPayloadBytes, Math.min(MAX_FRAGMENTED_BYTES, partBytesFor(maxPayloadBytes) * MAX_COUNT), 0);
  }

  /** Returns the payloads to send for `message`: itself, or its fragments. */
  split(message: Uint8Array, maxPayloadBytes: number): readonly Uint8Array[] {
    if (message.length <= maxPayloadBytes && !looksLikeFragment(message)) return [message];
    const partBytes = Math.max(1, partBytesFor(maxPayloadBytes));
    const count = Math.max(1, Math.ceil(message.length / partBytes));
    const number = this.#message;
    this.#message = (number + 1) >>> 0;
    return Array.from({ length: count }, (_, index) => {
      const part = message.subarray(index * partBytes, (index + 1) * partBytes);
      const fragment = Buffer.allocUnsafe(FRAGMENT_HEADER_BYTES + part.length);
      writeFragmentHeader(fragment, { message: number, totalBytes: message.length, index, count });
      fragment.set(part, FRAGMENT_HEADER_BYTES);
      return fragment;
    });
  }
}

/** Returns the number of bytes of a message in each fragment but the last; 0 when a packet has no room for any. */
function partBytesFor(maxPayloadBytes: number): number {
  return Math.max(0, Math.min(maxPayloadBytes, LONGEST_FRAGMENT_BYTES) - FRAGMENT_HEADER_BYTES);
}
