import type { SocketAddress } from "@groupcast/backend";
import { ADDRESS } from "./batch-layout.js";

const MAX_ADDRESSES = 4096; // of one generation; at most two are kept

interface Interned {
  readonly words: Int32Array;
  readonly address: SocketAddress;
}

/**
 * Keeps one frozen {@link SocketAddress} for every address in words, and makes it when the address is first seen.
 *
 * It is bounded: a full generation becomes the older one, and addresses still in use move back from there.
 */
export class InternedAddresses {
  readonly #make: (words: Int32Array) => SocketAddress;
  readonly #seed = Math.trunc(Math.random() * 0x7fff_ffff) | 1; // peers must not be able to choose addresses that collide
  #young = new Map<number, Interned>();
  #old = new Map<number, Interned>();
  #last: Interned | undefined; // most datagrams come from the same peer as the one before

  constructor(make: (words: Int32Array) => SocketAddress) {
    this.#make = make;
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#last = undefined;
  }

  /** Returns the address at `table[offset …]`. */
  at(table: Int32Array, offset: number): SocketAddress {
    const last = this.#last;
    if (last !== undefined && holds(last, table, offset)) return last.address;
    const key = this.#hash(table, offset);
    let found = this.#young.get(key) ?? this.#old.get(key);
    if (found === undefined || !holds(found, table, offset)) {
      const words = table.slice(offset, offset + ADDRESS.SIZE);
      found = { words, address: this.#make(words) };
    }
    this.#remember(key, found);
    this.#last = found;
    return found.address;
  }

  #remember(key: number, interned: Interned): void {
    if (this.#young.get(key) === interned) return;
    if (this.#young.size >= MAX_ADDRESSES) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, interned);
  }

  #hash(table: Int32Array, offset: number): number {
    let hash = this.#seed;
    for (let i = 0; i < ADDRESS.SIZE; i++) hash = Math.imul(hash ^ table[offset + i]!, 0x5bd1_e995) ^ (hash >>> 15);
    return hash | 0;
  }
}

function holds(interned: Interned, table: Int32Array, offset: number): boolean {
  const { words } = interned;
  // Written out: it runs for each datagram.
  return (
    words[0] === table[offset] &&
    words[1] === table[offset + 1] &&
    words[2] === table[offset + 2] &&
    words[3] === table[offset + 3] &&
    words[4] === table[offset + 4] &&
    words[5] === table[offset + 5] &&
    words[6] === table[offset + 6]
  );
}
