const INITIAL_BYTES = 262_144; // four of the longest datagrams

/**
 * The memory that views of received datagrams lie in, one for the whole network.
 *
 * Used again with every batch, as the native backend does: who keeps a view beyond its call sees other bytes there, in tests too.
 */
export class ReadSlab {
  #bytes: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #used = 0;

  /** Forgets all views. */
  reset(): void {
    this.#used = 0;
  }

  /** A view of a copy of `source[start … end)`. */
  view(source: Buffer, start: number, end: number): Buffer {
    const length = end - start;
    if (this.#used + length > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafeSlow(2 * this.#bytes.length + length); // earlier views keep the old one
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += length;
    source.copy(this.#bytes, at, start, end);
    return this.#bytes.subarray(at, at + length);
  }
}
