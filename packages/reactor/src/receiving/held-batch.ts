import { type Arrival, checkStart, type DatagramBatch, outsideBatch, runEndOf, type SocketAddress, uint32Of } from "@groupcast/backend";

interface Held {
  readonly bytes: Buffer;
  readonly from: SocketAddress;
  readonly arrival: Arrival;
}

/** Datagrams that outlive the batch that they came in: the rest of a batch in the middle of which the port was paused. */
export class HeldBatch implements DatagramBatch {
  readonly #held: Held[] = [];

  get length(): number {
    return this.#held.length;
  }

  /** Copies the datagrams of `batch` from number `start` on. It calls `unreadable` for each that cannot be read, and keeps the rest. */
  keep(batch: DatagramBatch, start: number, unreadable: (error: unknown) => void = rethrow): void {
    for (let i = start; i < batch.length; i++) {
      try {
        this.#held.push({ bytes: batch.copy(i), from: batch.from(i), arrival: batch.arrival(i) });
      } catch (error) {
        unreadable(error);
      }
    }
  }

  lengthBytes(index: number): number {
    return this.#at(index).bytes.length;
  }

  view(index: number): Buffer {
    return this.#at(index).bytes;
  }

  copy(index: number, startBytes = 0): Buffer {
    const { bytes } = this.#at(index);
    checkStart(startBytes, bytes.length);
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
    const held = this.#held[index];
    if (held === undefined) throw outsideBatch(index, this.length);
    return held;
  }
}

function rethrow(error: unknown): never {
  throw error;
}
