/**
 * Remembers which of the latest numbers of a counter have been there (the sliding window of RFC 4303, 3.4.3).
 *
 * Numbers behind the window are not known to be new, so they are not new.
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

  /** The highest number that has been there; -1: none. */
  get newest(): number {
    return this.#newest;
  }

  /** Whether `number` has not been there and is not behind the window. Changes nothing. */
  isNew(number: number): boolean {
    if (number > this.#newest) return true;
    if (number <= this.#newest - this.#sizeBits) return false;
    return (this.#bits[this.#word(number)]! & this.#mask(number)) === 0;
  }

  /** Remembers a number that {@link ReplayWindow.isNew}. */
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
