const INITIAL_BYTES = 256;

/** The bytes of a value while they are written. */
export class LcmWriter {
  /** Memory of the bytes. {@link LcmWriter.grow} can replace it. */
  buffer: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;

  /** Makes room for further bytes; returns their offset. */
  grow(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length <= this.buffer.length) return at;
    const larger = Buffer.allocUnsafe(Math.max(this.#length, 2 * this.buffer.length));
    this.buffer.copy(larger, 0, 0, at);
    this.buffer = larger;
    return at;
  }

  /** Returns the written bytes. */
  finish(): Buffer {
    return this.buffer.subarray(0, this.#length);
  }
}
