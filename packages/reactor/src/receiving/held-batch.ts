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

interface Held {
  readonly bytes: Buffer;
  readonly lengthBytes: number;
  readonly from: SocketAddress;
  readonly arrival: Arrival;
}

/** Datagrams that outlive the batch that they came in: the rest of a batch in the middle of which the port was paused. */
export class HeldBatch implements DatagramBatch {
  #held: Held[] = [];

  get length(): number {
    return this.#held.length;
  }

  /** Copies the datagrams of `batch` from number `start` on. It calls `unreadable` for each that cannot be read, and keeps the rest. */
  keep(batch: DatagramBatch, start: number, unreadable: (error: unknown) => void = rethrow): void {
    for (let i = start; i < batch.length; i++) {
      try {
        const bytes = batch.copy(i);
        this.#held.push({ bytes, lengthBytes: bytes.length, from: batch.from(i), arrival: batch.arrival(i) });
      } catch (error) {
        unreadable(error);
      }
    }
  }

  /** Empties the batch, when the call that delivered it is over. */
  end(): void {
    this.#held = [];
  }

  lengthBytes(index: number): number {
    return this.#at(index).lengthBytes;
  }

  /** Throws when the program has transferred the memory: no bytes must not pass for an empty datagram. */
  view(index: number): Buffer {
    const { bytes, lengthBytes } = this.#at(index);
    if (bytes.length !== lengthBytes) throw batchDetached();
    return bytes;
  }

  copy(index: number, startBytes = 0): Buffer {
    checkStart(startBytes, this.lengthBytes(index));
    const bytes = this.view(index);
    return startBytes === 0 ? bytes : bytes.subarray(startBytes);
  }

  runEnd(first: number, prefixBytes: number, leastBytes?: number): number {
    return runEndOf(this, first, prefixBytes, leastBytes);
  }

  uint32(index: number, offset: number): number {
    return uint32Of(this, index, offset);
  }

  from(index: number): SocketAddress {
    return this.#at(index).from;
  }

  truncated(index: number): boolean {
    return this.#at(index).arrival.truncated;
  }

  arrival(index: number): Arrival {
    return this.#at(index).arrival;
  }

  destination(index: number): string {
    return this.#at(index).arrival.destination ?? "";
  }

  interfaceIndex(index: number): number {
    return this.#at(index).arrival.interfaceIndex ?? 0;
  }

  #at(index: number): Held {
    checkIndex(index, this.#held.length);
    return this.#held[index]!;
  }
}

function rethrow(error: unknown): never {
  throw error;
}
