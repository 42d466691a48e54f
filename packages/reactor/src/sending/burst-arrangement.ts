import type { PacketOrigin, SendBatch, SendFate, SocketAddress } from "@groupcast/backend";

const NONE = -1;

/**
 * Puts each peer's datagrams of a burst side by side: neighbours that go to one peer leave as one run (GSO), so 64 datagrams to 16
 * peers in turn are 16 sends. To one peer the order stays as it was written; between peers UDP has none to keep.
 *
 * Each reactor has one: its result is used up before the next burst is flushed.
 */
export class BurstArrangement implements SendBatch {
  readonly offsets: Int32Array;
  readonly to: (SocketAddress | undefined)[] = [];
  readonly via: (PacketOrigin | undefined)[] = [];
  fates: (SendFate | undefined)[] | undefined;
  readonly #last = new Map<SocketAddress | undefined, number>(); // peer → its last datagram so far
  readonly #next: Int8Array; // datagram → the next to the same peer
  readonly #isFirst: Uint8Array;
  readonly #maxBytes: number;
  #bytes: Buffer | undefined;
  #length = 0;

  /** Makes room for bursts of at most so many datagrams, and so many bytes. */
  constructor(maxDatagrams: number, maxBytes: number) {
    this.offsets = new Int32Array(maxDatagrams + 1);
    this.#next = new Int8Array(maxDatagrams);
    this.#isFirst = new Uint8Array(maxDatagrams);
    this.#maxBytes = maxBytes;
  }

  get bytes(): Buffer {
    this.#bytes ??= Buffer.allocUnsafeSlow(this.#maxBytes); // most ports have one peer at a time, and never need it
    return this.#bytes;
  }

  /** Returns the first `count` datagrams of `burst`, arranged; `burst` itself when each has a peer of its own. */
  arrange(burst: SendBatch, count: number): SendBatch {
    this.#link(burst, count);
    if (this.#last.size === count) return burst;
    this.#length = 0;
    this.fates = burst.fates && [];
    for (let i = 0; i < count; i++) {
      if (this.#isFirst[i] === 0) continue;
      for (let at = i; at !== NONE; at = this.#next[at]!) this.#append(burst, at);
    }
    return this;
  }

  #link({ to }: SendBatch, count: number): void {
    this.#last.clear();
    for (let i = 0; i < count; i++) {
      const before = this.#last.get(to[i]);
      this.#next[i] = NONE;
      this.#isFirst[i] = before === undefined ? 1 : 0;
      if (before !== undefined) this.#next[before] = i;
      this.#last.set(to[i], i);
    }
  }

  #append(burst: SendBatch, index: number): void {
    const at = this.#length++;
    const start = this.offsets[at]!;
    const from = burst.offsets[index]!;
    const end = burst.offsets[index + 1]!;
    burst.bytes.copy(this.bytes, start, from, end);
    this.to[at] = burst.to[index];
    this.via[at] = burst.via[index];
    if (this.fates !== undefined) this.fates[at] = burst.fates![index];
    this.offsets[at + 1] = start + end - from;
  }
}
