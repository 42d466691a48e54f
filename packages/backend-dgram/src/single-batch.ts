import type { Arrival, DatagramBatch, SocketAddress } from "@groupcast/backend";

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
  readonly length = 1;
  #bytes: Buffer = NO_BYTES;
  #from = NOBODY;
  #isTruncated = false;

  /** Fills it with the next datagram, cut to `maxPacketBytes`. */
  hold(bytes: Buffer, from: SocketAddress, maxPacketBytes: number): this {
    this.#isTruncated = bytes.length > maxPacketBytes;
    this.#bytes = this.#isTruncated ? bytes.subarray(0, maxPacketBytes) : bytes;
    this.#from = from;
    return this;
  }

  /** Drops the reference to the datagram's memory. */
  release(): void {
    this.#bytes = NO_BYTES;
  }

  lengthBytes(_index: number): number {
    return this.#bytes.length;
  }

  view(_index: number): Buffer {
    return this.#bytes;
  }

  copy(_index: number): Buffer {
    return this.#bytes;
  }

  from(_index: number): SocketAddress {
    return this.#from;
  }

  truncated(_index: number): boolean {
    return this.#isTruncated;
  }

  arrival(_index: number): Arrival {
    return this.#isTruncated ? CUT : WHOLE;
  }

  destination(_index: number): string {
    return "";
  }

  interfaceIndex(_index: number): number {
    return 0;
  }
}
