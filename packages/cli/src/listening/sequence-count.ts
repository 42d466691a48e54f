/** Counts of one stream of numbered datagrams. */
export interface StreamReport {
  /** Format that has the numbers, such as `"rtp"`. */
  readonly format: string;
  /** Name of the stream, which distinguishes it from others of the format. */
  readonly stream: string;
  /** Number of datagrams, copies included. */
  readonly received: number;
  /** Number of datagrams missing between the first and the highest number. */
  readonly lost: number;
  /** Number of runs of missing numbers so far, including those that arrived late. */
  readonly gaps: number;
  /** Number that came more than once. */
  readonly duplicates: number;
  /** Number that came after one with a higher number. */
  readonly reordered: number;
  /** Number of times that the numbers began anew: the sender restarted, or more than the window was lost. */
  readonly restarts: number;
}

const WINDOW = 1024; // numbers below the highest that copies and late ones are told apart among
const WORD_BITS = 32;
const FEWEST_RESTART = 65_536; // a jump as long as this, where numbers are not taken modulo something, is another run

/**
 * Counts what is lost, doubled and late among the numbers of one stream, in memory that does not grow.
 *
 * Theory of operation: it keeps the highest number and, for the 1,024 numbers up to it, whether they have come. A number above it adds
 * those between to the lost ones; one below it that has not come yet was late, and takes itself off the lost ones again. A jump that is
 * too long to be a loss begins a new run (RFC 3550, A.1, does the same).
 */
export class SequenceCount {
  readonly #modulus: number;
  readonly #restart: number;
  readonly #seen = new Int32Array(WINDOW / WORD_BITS);
  #highest = -1;
  #lowest = 0; // of the run
  #received = 0;
  #lost = 0;
  #gaps = 0;
  #duplicates = 0;
  #reordered = 0;
  #restarts = 0;

  /** @param modulus - Number of different numbers; undefined: they do not begin again. */
  constructor(modulus: number | undefined) {
    this.#modulus = modulus ?? Number.POSITIVE_INFINITY;
    this.#restart = Math.min(FEWEST_RESTART, this.#modulus / 4);
  }

  /** Number of datagrams that are missing now. */
  get lost(): number {
    return this.#lost;
  }

  /** Counts a datagram. */
  note(number: number): void {
    this.#received++;
    if (this.#received === 1) {
      this.#begin(number);
      return;
    }
    const step = this.#stepTo(number);
    if (step > this.#restart || step < -this.#restart) {
      this.#restarts++;
      this.#begin(number);
    } else if (step > 0) this.#advance(step);
    else this.#noteLate(this.#highest + step);
  }

  /** Returns the counts. */
  report(): Omit<StreamReport, "format" | "stream"> {
    return {
      received: this.#received,
      lost: this.#lost,
      gaps: this.#gaps,
      duplicates: this.#duplicates,
      reordered: this.#reordered,
      restarts: this.#restarts,
    };
  }

  #begin(number: number): void {
    this.#highest = number + WINDOW; // numbers within a run are never negative
    this.#lowest = this.#highest;
    this.#seen.fill(0);
    this.#mark(this.#highest);
  }

  /** Returns the shortest way from the highest number: more than 0 is ahead. */
  #stepTo(number: number): number {
    const difference = number + WINDOW - this.#highest;
    if (this.#modulus === Number.POSITIVE_INFINITY) return difference;
    const step = ((difference % this.#modulus) + this.#modulus) % this.#modulus;
    return step > this.#modulus / 2 ? step - this.#modulus : step;
  }

  #advance(step: number): void {
    for (let number = this.#highest + 1; number < this.#highest + Math.min(step, WINDOW); number++) this.#unmark(number);
    if (step >= WINDOW) this.#seen.fill(0);
    if (step > 1) this.#gaps++;
    this.#lost += step - 1;
    this.#highest += step;
    this.#mark(this.#highest);
  }

  #noteLate(number: number): void {
    if (number > this.#highest - WINDOW && this.#isMarked(number)) {
      this.#duplicates++;
      return;
    }
    this.#reordered++;
    if (number <= this.#highest - WINDOW) return; // nobody knows any more whether it is a copy: it stays lost
    this.#mark(number);
    if (number > this.#lowest) this.#lost--;
  }

  #mark(number: number): void {
    this.#seen[wordOf(number)]! |= bitOf(number);
  }

  #unmark(number: number): void {
    this.#seen[wordOf(number)]! &= ~bitOf(number);
  }

  #isMarked(number: number): boolean {
    return (this.#seen[wordOf(number)]! & bitOf(number)) !== 0;
  }
}

function wordOf(number: number): number {
  return Math.floor((number % WINDOW) / WORD_BITS);
}

function bitOf(number: number): number {
  return 1 << (number % WORD_BITS);
}
