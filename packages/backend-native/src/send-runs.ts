import type { Outcome, PacketOrigin, SendBatch, SocketAddress } from "@groupcast/backend";
import type { AddressTranslator } from "./address-translator.js";
import { ADDRESS, MAX_RUNS, RUN } from "./batch-layout.js";

/** Runs of a {@link SendBatch}, as the addon reads them: neighbours that go to one peer, from one origin, are one row. */
export class SendRuns {
  readonly #table: Int32Array;
  readonly #addresses: AddressTranslator;
  #count = 0;
  #end = 0;

  constructor(table: Int32Array, addresses: AddressTranslator) {
    this.#table = table;
    this.#addresses = addresses;
  }

  /** Number of rows that the last {@link SendRuns.describe} has written. */
  get count(): number {
    return this.#count;
  }

  /** Index after the last datagram of these rows. */
  get end(): number {
    return this.#end;
  }

  /** Writes rows for datagrams `from` … `to - 1`, as many as fit. A negative outcome is the errno of the first address. */
  describe(batch: SendBatch, from: number, to: number): Outcome {
    this.#count = 0;
    this.#end = from;
    while (this.#end < to && this.#count < MAX_RUNS) {
      const outcome = this.#write(batch, this.#end);
      if (outcome < 0) return this.#count === 0 ? outcome : 0;
      this.#end = endOfRun(batch, this.#end, to);
      this.#table[this.#count * RUN.SIZE + RUN.END] = this.#end;
      this.#count++;
    }
    return 0;
  }

  #write(batch: SendBatch, first: number): Outcome {
    const to = batch.to[first];
    const via = batch.via[first];
    const peer = this.#addresses.words(to?.address);
    if (typeof peer === "number") return peer;
    const source = this.#addresses.words(via?.source);
    if (typeof source === "number") return source;
    const row = this.#count * RUN.SIZE;
    this.#table[row + RUN.FIRST] = first;
    this.#copy(peer, row + RUN.TO);
    this.#table[row + RUN.TO + ADDRESS.PORT] = to?.port ?? 0;
    this.#table[row + RUN.HAS_ORIGIN] = via === undefined ? 0 : 1;
    this.#table[row + RUN.INTERFACE] = via?.interfaceIndex ?? 0;
    this.#copy(source, row + RUN.SOURCE);
    return 0;
  }

  #copy(words: Int32Array, offset: number): void {
    for (let i = 0; i < ADDRESS.SIZE; i++) this.#table[offset + i] = words[i]!;
  }
}

function endOfRun(batch: SendBatch, first: number, to: number): number {
  const peer = batch.to[first];
  const origin = batch.via[first];
  let end = first + 1;
  while (end < to && samePeer(batch.to[end], peer) && sameOrigin(batch.via[end], origin)) end++;
  return end;
}

function samePeer(a: SocketAddress | undefined, b: SocketAddress | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.port === b.port && a.address === b.address);
}

function sameOrigin(a: PacketOrigin | undefined, b: PacketOrigin | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.interfaceIndex === b.interfaceIndex && a.source === b.source);
}
