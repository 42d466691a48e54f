/** Datagram that waits for its reader. */
export interface HeldDatagram {
  readonly bytes: Buffer;
  readonly address: string;
  readonly port: number;
}

/** Cost of a datagram besides its bytes: about as much as the kernel charges for one (`skb->truesize`, 512 to 768 bytes). */
const OVERHEAD_BYTES = 512;

const COMPACTED_AT = 64; // taken datagrams that may stay in memory

/**
 * Queue of datagrams that arrived while reading was off.
 *
 * It replaces the kernel's receive buffer, which libuv always empties, and so it holds about as much.
 */
export class HeldDatagrams {
  #queue: HeldDatagram[] = [];
  #head = 0;
  #costBytes = 0;

  /** Number of datagrams in the queue. */
  get length(): number {
    return this.#queue.length - this.#head;
  }

  /** Adds a datagram if it fits into `limitBytes`. @returns Whether it did. */
  add(datagram: HeldDatagram, limitBytes: number): boolean {
    const costBytes = this.#costBytes + datagram.bytes.length + OVERHEAD_BYTES;
    if (costBytes > limitBytes) return false;
    this.#costBytes = costBytes;
    this.#queue.push(datagram);
    return true;
  }

  /** Removes and returns the oldest. */
  take(): HeldDatagram | undefined {
    const datagram = this.#queue[this.#head];
    if (datagram === undefined) return undefined;
    this.#head += 1;
    this.#costBytes -= datagram.bytes.length + OVERHEAD_BYTES;
    if (this.#head === this.#queue.length) this.clear();
    else if (this.#head >= COMPACTED_AT && this.#head * 2 >= this.#queue.length) this.#compact();
    return datagram;
  }

  /** Releases the datagrams that were taken: a reader that is always behind never empties the queue. */
  #compact(): void {
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }

  clear(): void {
    this.#queue = [];
    this.#head = 0;
    this.#costBytes = 0;
  }
}
