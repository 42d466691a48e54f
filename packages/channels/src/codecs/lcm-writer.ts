const INITIAL_BYTES = 256;

/** The bytes of a value, while they are written. */
export class LcmWriter {
  /** Memory that is written to; another one after each {@link LcmWriter.grow}. */
  buffer: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;

  /** Makes room for so many bytes more; returns their offset. */
  grow(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length <= this.buffer.length) return at;
    const larger = Buffer.allocUnsafe(Math.max(this.#length, 2 * this.buffer.length));
    this.buffer.copy(larger, 0, 0, at);
    this.buffer = larger;
    return at;
  }

  /** Returns what was written. */
  finish(): Buffer {
    return this.buffer.subarray(0, this.#length);
  }
}
