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
  #start = 0; // index of the lowest: to move all others for each that goes takes 0.1 ms of a long list

  /** Number of ranges. */
  get size(): number {
    return this.#ranges.length - this.#start;
  }

  /** The range with the lowest numbers. */
  get lowest(): R | undefined {
    return this.#ranges[this.#start];
  }

  /** All ranges, the lowest first. */
  get all(): readonly R[] {
    this.#moveUp();
    return this.#ranges;
  }

  /** Adds a range of which no number is there yet. */
  add(range: R): void {
    const index = this.#indexOf(range.first);
    if (index === this.#ranges.length) this.#ranges.push(range);
    else this.#ranges.splice(index, 0, range);
  }

  /** Removes the lowest range. */
  shift(): R | undefined {
    const { lowest } = this;
    if (lowest !== undefined) this.#leaveOut(1);
    return lowest;
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
    this.#replace(start, end, left);
    return removed;
  }

  /** Removes one number; returns whether it was there. */
  delete(number: number): boolean {
    const range = this.#ranges[this.#indexOf(number)];
    if (range === undefined || distance(range.first, number) > 0) return false;
    this.remove({ first: number, last: number });
    return true;
  }

  /** Returns the last number of the range that a number belongs to; the number itself when it belongs to none. */
  lastBeside(number: number): number {
    const range = this.#ranges[this.#indexOf(number)];
    return range === undefined || distance(range.first, number) > 0 ? number : range.last;
  }

  /** Removes every range. */
  clear(): void {
    this.#ranges.length = this.#start = 0;
  }

  #replace(start: number, end: number, left: readonly R[]): void {
    if (start === this.#start && left.length === 0) this.#leaveOut(end - start);
    else if (end > start) this.#ranges.splice(start, end - start, ...left);
  }

  /** Removes the lowest ranges. */
  #leaveOut(count: number): void {
    this.#start += count;
    if (2 * this.#start >= this.#ranges.length) this.#moveUp();
  }

  #moveUp(): void {
    if (this.#start > 0) this.#ranges.splice(0, this.#start);
    this.#start = 0;
  }

  /** Returns the index of the first range that ends at `number` or above. */
  #indexOf(number: number): number {
    let [low, high] = [this.#start, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (distance(this.#ranges[middle]!.last, number) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
