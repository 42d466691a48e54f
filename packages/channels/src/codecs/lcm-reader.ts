import { CodecMismatchError } from "./codec-mismatch.js";

const SPARE_ELEMENTS = 1024; // a few that take no bytes are nobody's attack

/** The bytes of a value, while they are read. Lengths in them are not believed: what they announce has to be there. */
export class LcmReader {
  readonly buffer: Buffer;
  readonly #codec: string;
  #offset = 0;
  #elements: number; // that may still be announced, of those that may take no bytes

  constructor(codec: string, buffer: Buffer) {
    this.#codec = codec;
    this.buffer = buffer;
    this.#elements = buffer.length + SPARE_ELEMENTS;
  }

  /** Skips so many bytes, if they are there; returns their offset. @throws CodecMismatchError */
  skip(bytes: number): number {
    const at = this.#offset;
    if (bytes > this.buffer.length - at) this.refuse("end too early");
    this.#offset += bytes;
    return at;
  }

  /**
   * Checks the length of an array that was announced: the bytes of its elements have to be there. Of elements that may take none, as arrays
   * can be empty, a message has about as many as bytes.
   *
   * @param minBytes - Length of the shortest element.
   * @throws CodecMismatchError
   */
  announce(count: number, minBytes: number): void {
    if (count < 0) this.refuse(`have an array of ${count} elements`);
    if (minBytes === 0) this.#elements -= count;
    if (this.#elements < 0 || count * minBytes > this.buffer.length - this.#offset) this.refuse("end too early for an array");
  }

  /** Checks that everything was read. @throws CodecMismatchError */
  finish(): void {
    const rest = this.buffer.length - this.#offset;
    if (rest > 0) this.refuse(`have ${rest} more than the type`);
  }

  /** Refuses the bytes. @throws CodecMismatchError */
  refuse(reason: string): never {
    throw new CodecMismatchError(this.#codec, reason);
  }
}
