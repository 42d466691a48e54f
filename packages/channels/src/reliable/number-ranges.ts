/** Consecutive packet numbers that became known as missing at one time. Both ends belong to it. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/** Returns the distance from number `b` to number `a`. Numbers have 32 bits and wrap (RFC 1982). */
export function distance(a: number, b: number): number {
  return (a - b) | 0;
}

/** Returns how many numbers a range has. */
export function countOf({ first, last }: NumberRange): number {
  return distance(last, first) + 1;
}

/**
 * Sets of packet numbers as ranges in ascending order: a forged packet that is far ahead costs one range, however many numbers it skips.
 * Parts of a range that is split keep what else is known of it.
 */
export class NumberRanges<R extends NumberRange> {
  readonly #ranges: R[] = [];

  /** Number of ranges. */
  get size(): number {
    return this.#ranges.length;
  }

  /** The range with the lowest numbers. */
  get lowest(): R | undefined {
    return this.#ranges[0];
  }

  /** All ranges, the lowest first. */
  get all(): readonly R[] {
    return this.#ranges;
  }

  /** Adds a range of which no number is there yet. */
  add(range: R): void {
    this.#ranges.splice(this.#indexOf(range.first), 0, range);
  }

  /** Removes the lowest range. */
  shift(): R | undefined {
    return this.#ranges.shift();
  }

  /** Removes the numbers of a range; returns the ranges, or parts of ranges, that they were. */
  remove({ first, last }: NumberRange): R[] {
    const start = this.#indexOf(first);
    let end = start;
    const removed: R[] = [];
    const left: R[] = [];
    for (let range = this.#ranges[end]; range !== undefined && distance(range.first, last) <= 0; range = this.#ranges[++end]) {
      const isCutBelow = distance(range.first, first) < 0;
      const isCutAbove = distance(range.last, last) > 0;
      if (isCutBelow) left.push({ ...range, last: (first - 1) >>> 0 });
      if (isCutAbove) left.push({ ...range, first: (last + 1) >>> 0 });
      removed.push({ ...range, first: isCutBelow ? first : range.first, last: isCutAbove ? last : range.last });
    }
    if (end > start) this.#ranges.splice(start, end - start, ...left);
    return removed;
  }

  /** Removes one number; returns whether it was there. */
  delete(number: number): boolean {
    const range = this.#ranges[this.#indexOf(number)];
    if (range === undefined || distance(range.first, number) > 0) return false;
    this.remove({ first: number, last: number });
    return true;
  }

  /** Removes every range. */
  clear(): void {
    this.#ranges.length = 0;
  }

  /** Returns the index of the first range that ends at `number` or above. */
  #indexOf(number: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (distance(this.#ranges[middle]!.last, number) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
