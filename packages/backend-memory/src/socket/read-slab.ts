const INITIAL_BYTES = 262_144; // four of the longest datagrams

/**
 * The memory that views of received datagrams lie in, one for the whole network.
 *
 * Every batch uses it again, as in the native backend: a view that is kept beyond its call shows other bytes, in tests too.
 */
export class ReadSlab {
  #bytes: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #used = 0;

  /** Invalidates all views. */
  reset(): void {
    this.#used = 0;
  }

  /** Returns a view of a copy of `source[start … end)`. */
  view(source: Buffer, start: number, end: number): Buffer {
    const length = end - start;
    if (this.#used + length > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafeSlow(2 * this.#bytes.length + length); // earlier views keep the old one
      this.#used = 0;
    }
    const offset = this.#used;
    this.#used += length;
    source.copy(this.#bytes, offset, start, end);
    return this.#bytes.subarray(offset, offset + length);
  }
}
