import { CodecMismatchError } from "./codec-mismatch.js";

const SPARE_ELEMENTS = 1024; // a few elements that take no bytes are not an attack

/** The bytes of a value while they are read. The reader does not trust lengths: the bytes that they announce must be present. */
export class LcmReader {
  readonly buffer: Buffer;
  readonly #codec: string;
  #offset = 0;
  #elements: number; // that may take no bytes, and may still be announced

  constructor(codec: string, buffer: Buffer) {
    this.#codec = codec;
    this.buffer = buffer;
    this.#elements = buffer.length + SPARE_ELEMENTS;
  }

  /** Skips a number of bytes, which must be present; returns their offset. @throws CodecMismatchError */
  skip(bytes: number): number {
    const at = this.#offset;
    if (bytes > this.buffer.length - at) this.refuse("end too early");
    this.#offset += bytes;
    return at;
  }

  /**
   * Checks the announced length of an array: the bytes of its elements must be present. Elements can take no bytes, because arrays can be
   * empty; a message may have about as many of these as it has bytes.
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
    if (rest > 0) this.refuse(`continue for ${rest} after the value`);
  }

  /** Refuses the bytes. @throws CodecMismatchError */
  refuse(reason: string): never {
    throw new CodecMismatchError(this.#codec, reason);
  }
}
