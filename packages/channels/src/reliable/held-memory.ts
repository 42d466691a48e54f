const PACKET_COST_BYTES = 512; // memory of the objects around a packet that is held

/** Room for the packets of all channels of a node that wait for earlier ones. One sender has half of it. */
export class HeldMemory {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Memory that held packets take, in bytes, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts a packet with `payload`. Returns the memory that it takes, in bytes, about. */
  enter(payload: Uint8Array): number {
    const bytes = payload.length + PACKET_COST_BYTES;
    this.#bytes += bytes;
    return bytes;
  }

  /** Counts a packet no more that takes so many bytes. */
  leave(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** Whether a sender whose packets take `bytes` must let some go. */
  isFull(bytes: number): boolean {
    return bytes > this.#maxBytes / 2 || this.#bytes > this.#maxBytes;
  }
}
