/** Numbers that look random and follow from a seed (mulberry32), so that what fails once fails again. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** Returns a whole number below `sides`. */
  roll(sides: number): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) % sides;
  }

  /** Returns one of some things; undefined when there are none. */
  pick<T>(things: readonly T[]): T | undefined {
    return things[this.roll(Math.max(1, things.length))];
  }
}
