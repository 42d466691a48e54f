/**
 * Repeatable randomness: xoshiro128** 1.1 (David Blackman and Sebastiano Vigna, 2018, https://prng.di.unimi.it/),
 * its four words of state filled by SplitMix32's finalizer (MurmurHash3's, Austin Appleby). Not for secrets.
 */
const TWO_TO_32 = 0x1_0000_0000;
const GOLDEN_GAMMA = 0x9e37_79b9; // 2^32 divided by the golden ratio: the step of SplitMix

/** A stream of random numbers that its seed determines. */
export class Random {
  readonly #seed: number;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    this.#seed = seed | 0;
    let word = this.#seed;
    const next = (): number => {
      word = (word + GOLDEN_GAMMA) | 0;
      return mixed(word);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1; // the state must not be all zeros
  }

  /** Returns a number from 0 to less than 1. */
  next(): number {
    const result = Math.imul(rotated(Math.imul(this.#b, 5), 7), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotated(this.#d, 11);
    return (result >>> 0) / TWO_TO_32;
  }

  /** Returns an integer from 0 to less than `bound`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** Returns true in `probability` of all cases; takes a number only where the answer is open. */
  happens(probability: number): boolean {
    return probability > 0 && (probability >= 1 || this.next() < probability);
  }

  /** Returns a stream of its own for the thing that `label` names: using it leaves all others as they are. */
  fork(label: string): Random {
    let hash = this.#seed;
    for (let index = 0; index < label.length; index++) hash = mixed(hash ^ label.charCodeAt(index));
    return new Random(hash);
  }
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function mixed(value: number): number {
  let word = value;
  word = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2_ae35);
  return word ^ (word >>> 16);
}
