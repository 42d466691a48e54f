import { type Arrival, checkIndex, type DatagramBatch, runEndOf, type SocketAddress } from "@groupcast/backend";

/** Some of the datagrams of a batch, as a batch. */
export class BatchSelection implements DatagramBatch {
  readonly #whole: DatagramBatch;
  #indices: readonly number[];

  /** @param indices - Numbers of the selected datagrams in `whole`, in order. */
  constructor(whole: DatagramBatch, indices: readonly number[]) {
    this.#whole = whole;
    this.#indices = indices;
  }

  /** Empties the selection, when the call that delivered it is over: the whole batch is filled again then. */
  end(): void {
    this.#indices = [];
  }

  get length(): number {
    return this.#indices.length;
  }

  lengthBytes(index: number): number {
    return this.#whole.lengthBytes(this.#indexOf(index));
  }

  view(index: number): Buffer {
    return this.#whole.view(this.#indexOf(index));
  }

  copy(index: number, startBytes?: number): Buffer {
    return this.#whole.copy(this.#indexOf(index), startBytes);
  }

  runEnd(first: number, prefixBytes: number, leastBytes?: number): number {
    return runEndOf(this, first, prefixBytes, leastBytes);
  }

  uint32(index: number, offset: number): number {
    return this.#whole.uint32(this.#indexOf(index), offset);
  }

  from(index: number): SocketAddress {
    return this.#whole.from(this.#indexOf(index));
  }

  truncated(index: number): boolean {
    return this.#whole.truncated(this.#indexOf(index));
  }

  arrival(index: number): Arrival {
    return this.#whole.arrival(this.#indexOf(index));
  }

  destination(index: number): string {
    return this.#whole.destination(this.#indexOf(index));
  }

  interfaceIndex(index: number): number {
    return this.#whole.interfaceIndex(this.#indexOf(index));
  }

  #indexOf(index: number): number {
    checkIndex(index, this.#indices.length);
    return this.#indices[index]!;
  }
}
