/**
 * The gate of a sealed channel: 8 bytes at the end of each packet that show in half a microsecond that a member of the group made its
 * header.
 *
 * Theory of operation: the key of a sender is derived from its salt, and only the tag shows that key and salt are right. Without a gate a
 * stranger who invents salts has the receiver derive a key and decrypt for each packet, some 40 µs. The gate is a hash over header and tag
 * under a key of the channel. It needs no state and no knowledge of the sender, so a genuine packet passes whoever invents others, from
 * whatever address. It is not what the channel's security rests on: what passes is still decrypted, and the tag decides.
 *
 * SHA-256 with the key before the data is a pseudorandom function as long as no input is the beginning of another (Bellare, Canetti and
 * Krawczyk, 1996): the kind of the packet, at a fixed place, says how long the input is. Only 8 of the 32 bytes are shown.
 */
import { hash } from "node:crypto";
import { KEY_BYTES } from "./seal-keys.js";
import { GATE_BYTES, MAX_HEADER_BYTES, TAG_BYTES } from "./sealed-packet.js";

export class Gate {
  readonly #input: Buffer; // the key, with the data of the latest packet behind it
  readonly #inputs: readonly Buffer[]; // its beginnings, by the length of the header: making one costs as much as a third of the hash

  constructor(key: Uint8Array) {
    const input = Buffer.alloc(KEY_BYTES + MAX_HEADER_BYTES + TAG_BYTES); // not of the pool, whose memory other buffers show as their .buffer
    input.set(key);
    this.#input = input;
    this.#inputs = Array.from({ length: MAX_HEADER_BYTES + 1 }, (_, bytes) => input.subarray(0, KEY_BYTES + bytes + TAG_BYTES));
  }

  /** Writes the last bytes of a packet that is otherwise complete. */
  close(packet: Buffer, headerBytes: number): void {
    const digest = this.#digest(packet, headerBytes);
    const offset = packet.length - GATE_BYTES;
    for (let i = 0; i < GATE_BYTES; i++) packet[offset + i] = digest.charCodeAt(i);
  }

  /** Whether a member of the group made the header of this packet, and its tag. Takes the same time wherever they differ. */
  isGenuine(packet: Buffer, headerBytes: number): boolean {
    const digest = this.#digest(packet, headerBytes);
    const offset = packet.length - GATE_BYTES;
    let difference = 0;
    for (let i = 0; i < GATE_BYTES; i++) difference |= packet[offset + i]! ^ digest.charCodeAt(i);
    return difference === 0;
  }

  #digest(packet: Buffer, headerBytes: number): string {
    const input = this.#input;
    const tagOffset = packet.length - GATE_BYTES - TAG_BYTES;
    // Loops cost less than calls out of JavaScript.
    for (let i = 0; i < headerBytes; i++) input[KEY_BYTES + i] = packet[i]!;
    for (let i = 0; i < TAG_BYTES; i++) input[KEY_BYTES + headerBytes + i] = packet[tagOffset + i]!;
    return hash("sha256", this.#inputs[headerBytes]!, "binary");
  }
}
