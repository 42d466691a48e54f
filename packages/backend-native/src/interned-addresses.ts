import type { SocketAddress } from "@groupcast/backend";
import { ADDRESS } from "./batch-layout.js";

const MAX_ADDRESSES = 4096; // of one generation; at most two are kept

interface Interned {
  readonly words: Int32Array;
  readonly address: SocketAddress;
}

/**
 * One frozen {@link SocketAddress} for every address in words, made when it is first seen.
 *
 * Bounded: when a generation is full it becomes the older one, and what is still in use moves back from there.
 */
export class InternedAddresses {
  readonly #make: (words: Int32Array) => SocketAddress;
  readonly #seed = Math.trunc(Math.random() * 0x7fff_ffff) | 1; // peers must not be able to choose addresses that collide
  #young = new Map<number, Interned>();
  #old = new Map<number, Interned>();
  #last: Interned | undefined; // most datagrams come from whom the one before came from

  constructor(make: (words: Int32Array) => SocketAddress) {
    this.#make = make;
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#last = undefined;
  }

  /** The address at `table[at …]`. */
  at(table: Int32Array, at: number): SocketAddress {
    const last = this.#last;
    if (last !== undefined && holds(last, table, at)) return last.address;
    const key = this.#hash(table, at);
    let found = this.#young.get(key) ?? this.#old.get(key);
    if (found === undefined || !holds(found, table, at)) {
      const words = table.slice(at, at + ADDRESS.SIZE);
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

  #hash(table: Int32Array, at: number): number {
    let hash = this.#seed;
    for (let i = 0; i < ADDRESS.SIZE; i++) hash = Math.imul(hash ^ (table[at + i] as number), 0x5bd1_e995) ^ (hash >>> 15);
    return hash | 0;
  }
}

function holds(interned: Interned, table: Int32Array, at: number): boolean {
  const { words } = interned;
  // Written out: this is done for each datagram.
  return (
    words[0] === table[at] &&
    words[1] === table[at + 1] &&
    words[2] === table[at + 2] &&
    words[3] === table[at + 3] &&
    words[4] === table[at + 4] &&
    words[5] === table[at + 5] &&
    words[6] === table[at + 6]
  );
}
