/**
 * Remembers which of the latest numbers of a counter have come (the sliding window of RFC 4303, 3.4.3).
 *
 * Numbers behind the window count as repeats, as nothing shows that they are new.
 */
export class ReplayWindow {
  readonly #bits: Uint32Array;
  readonly #sizeBits: number;
  #newest = -1;

  /** @param sizeBits - How far behind the newest a number may come; a multiple of 32. */
  constructor(sizeBits: number) {
    this.#sizeBits = sizeBits;
    this.#bits = new Uint32Array(sizeBits / 32);
  }

  /** Highest number that has come; -1 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Whether `number` has not come yet and is not behind the window. Changes nothing. */
  isNew(number: number): boolean {
    if (number > this.#newest) return true;
    if (number <= this.#newest - this.#sizeBits) return false;
    return (this.#bits[this.#word(number)]! & this.#mask(number)) === 0;
  }

  /** Remembers a number for which {@link ReplayWindow.isNew} is true. */
  add(number: number): void {
    if (number > this.#newest) this.#advance(number);
    this.#bits[this.#word(number)]! |= this.#mask(number);
  }

  #advance(number: number): void {
    if (number - this.#newest >= this.#sizeBits) this.#bits.fill(0);
    else for (let next = this.#newest + 1; next <= number; next++) this.#bits[this.#word(next)]! &= ~this.#mask(next);
    this.#newest = number;
  }

  #word(number: number): number {
    return Math.floor((number % this.#sizeBits) / 32);
  }

  #mask(number: number): number {
    return 1 << (number % 32);
  }
}
