/** A datagram that nobody has asked for yet. */
export interface HeldDatagram {
  readonly bytes: Buffer;
  readonly address: string;
  readonly port: number;
}

/** What a datagram costs besides its bytes: about as much as the kernel charges for one (`skb->truesize`, 512 to 768 bytes). */
const OVERHEAD_BYTES = 512;

/**
 * Datagrams that arrived while nobody was reading, in order.
 *
 * It stands in for the kernel's receive buffer, which libuv empties whether anybody reads or not, and so it holds about as much.
 */
export class HeldDatagrams {
  #queue: HeldDatagram[] = [];
  #head = 0;
  #costBytes = 0;

  get length(): number {
    return this.#queue.length - this.#head;
  }

  /** Takes a datagram in. @returns Whether there was room for it in `limitBytes`. */
  add(datagram: HeldDatagram, limitBytes: number): boolean {
    const costBytes = this.#costBytes + datagram.bytes.length + OVERHEAD_BYTES;
    if (costBytes > limitBytes) return false;
    this.#costBytes = costBytes;
    this.#queue.push(datagram);
    return true;
  }

  /** Gives the oldest out. */
  take(): HeldDatagram | undefined {
    const datagram = this.#queue[this.#head];
    if (datagram === undefined) return undefined;
    this.#head += 1;
    this.#costBytes -= datagram.bytes.length + OVERHEAD_BYTES;
    if (this.#head === this.#queue.length) this.clear();
    return datagram;
  }

  clear(): void {
    this.#queue = [];
    this.#head = 0;
    this.#costBytes = 0;
  }
}
