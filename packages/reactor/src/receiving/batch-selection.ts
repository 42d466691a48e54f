import type { Arrival, DatagramBatch, SocketAddress } from "@groupcast/backend";

/** Some of the datagrams of a batch, as a batch. */
export class BatchSelection implements DatagramBatch {
  readonly #whole: DatagramBatch;
  readonly #indices: readonly number[];

  /** @param indices - Numbers of the selected datagrams in `whole`, in order. */
  constructor(whole: DatagramBatch, indices: readonly number[]) {
    this.#whole = whole;
    this.#indices = indices;
  }

  get length(): number {
    return this.#indices.length;
  }

  lengthBytes(index: number): number {
    return this.#whole.lengthBytes(this.#indices[index]!);
  }

  view(index: number): Buffer {
    return this.#whole.view(this.#indices[index]!);
  }

  copy(index: number): Buffer {
    return this.#whole.copy(this.#indices[index]!);
  }

  from(index: number): SocketAddress {
    return this.#whole.from(this.#indices[index]!);
  }

  truncated(index: number): boolean {
    return this.#whole.truncated(this.#indices[index]!);
  }

  arrival(index: number): Arrival {
    return this.#whole.arrival(this.#indices[index]!);
  }

  destination(index: number): string {
    return this.#whole.destination(this.#indices[index]!);
  }

  interfaceIndex(index: number): number {
    return this.#whole.interfaceIndex(this.#indices[index]!);
  }
}
