import {
  type Arrival,
  batchDetached,
  checkIndex,
  checkStart,
  type DatagramBatch,
  runEndOf,
  type SocketAddress,
  uint32Of,
} from "@groupcast/backend";

const WHOLE: Arrival = Object.freeze({ truncated: false });
const CUT: Arrival = Object.freeze({ truncated: true });
const NO_BYTES: Buffer = Buffer.alloc(0);
const NOBODY: SocketAddress = Object.freeze({ address: "0.0.0.0", port: 0, family: 4 });

/**
 * Batch of one datagram, as dgram delivers it. The reader fills it again for each.
 *
 * Node makes a Buffer for every datagram, so the bytes are the receiver's own already: `copy` copies nothing.
 */
export class SingleBatch implements DatagramBatch {
  #length: 0 | 1 = 0;
  #bytes: Buffer = NO_BYTES;
  #lengthBytes = 0;
  #from = NOBODY;
  #isTruncated = false;

  /** Fills it with the next datagram, cut to `maxPacketBytes`. */
  hold(bytes: Buffer, from: SocketAddress, maxPacketBytes: number): this {
    this.#isTruncated = bytes.length > maxPacketBytes;
    this.#bytes = this.#isTruncated ? bytes.subarray(0, maxPacketBytes) : bytes;
    this.#lengthBytes = this.#bytes.length;
    this.#from = from;
    this.#length = 1;
    return this;
  }

  /** Drops the reference to the datagram's memory. */
  release(): void {
    this.#bytes = NO_BYTES;
    this.#length = 0;
  }

  get length(): number {
    return this.#length;
  }

  lengthBytes(index: number): number {
    this.#check(index);
    return this.#lengthBytes;
  }

  view(index: number): Buffer {
    this.#check(index);
    return this.#whole();
  }

  copy(index: number, startBytes = 0): Buffer {
    this.#check(index);
    checkStart(startBytes, this.#lengthBytes);
    const whole = this.#whole();
    return startBytes === 0 ? whole : whole.subarray(startBytes);
  }

  runEnd(first: number, prefixBytes: number, leastBytes?: number): number {
    return runEndOf(this, first, prefixBytes, leastBytes);
  }

  uint32(index: number, offset: number): number {
    return uint32Of(this, index, offset);
  }

  from(index: number): SocketAddress {
    this.#check(index);
    return this.#from;
  }

  truncated(index: number): boolean {
    this.#check(index);
    return this.#isTruncated;
  }

  arrival(index: number): Arrival {
    this.#check(index);
    return this.#isTruncated ? CUT : WHOLE;
  }

  destination(index: number): string {
    this.#check(index);
    return "";
  }

  interfaceIndex(index: number): number {
    this.#check(index);
    return 0;
  }

  #check(index: number): void {
    checkIndex(index, this.#length);
  }

  /** Throws when the program has transferred the memory: no bytes must not pass for an empty datagram. */
  #whole(): Buffer {
    if (this.#bytes.length !== this.#lengthBytes) throw batchDetached();
    return this.#bytes;
  }
}
