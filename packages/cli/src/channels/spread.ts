/** Values, in one line of numbers. */
export interface SpreadReport {
  /** Number of values. */
  readonly count: number;
  /** Smallest. */
  readonly min: number;
  /** Arithmetic mean. */
  readonly mean: number;
  /** Largest. */
  readonly max: number;
  /** Standard deviation of all of them. */
  readonly std: number;
}

/** Collects values without keeping them (Welford, 1962: exact also where they differ little). */
export class Spread {
  #count = 0;
  #mean = 0;
  #squares = 0; // sum of squared distances from the mean
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  /** Takes a value. */
  note(value: number): void {
    this.#count++;
    const before = value - this.#mean;
    this.#mean += before / this.#count;
    this.#squares += before * (value - this.#mean);
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }

  /** Returns the numbers; undefined without any value. */
  report(): SpreadReport | undefined {
    if (this.#count === 0) return undefined;
    return { count: this.#count, min: this.#min, mean: this.#mean, max: this.#max, std: Math.sqrt(this.#squares / this.#count) };
  }
}
