const MS_PER_SECOND = 1000;
const HUNDREDTHS = 100; // finer ones are noise, and make samples longer

/** Turns counters into rates. It keeps those of the sample before and no others, so that what is gone is forgotten. */
export class Rates {
  #before: ReadonlyMap<string, number> = new Map();
  #now = new Map<string, number>();
  #elapsedMs = 0;

  /** Begins a sample. @param elapsedMs - Time since the one before; 0: there was none. */
  begin(elapsedMs: number): void {
    this.#before = this.#now;
    this.#now = new Map();
    this.#elapsedMs = elapsedMs;
  }

  /** Returns how fast a counter grows, per second; 0 while it is new, and where it began again. */
  of(counter: string, value: number): number {
    const before = this.#before.get(counter);
    this.#now.set(counter, value);
    if (before === undefined || value <= before || this.#elapsedMs <= 0) return 0;
    return Math.round(((value - before) * MS_PER_SECOND * HUNDREDTHS) / this.#elapsedMs) / HUNDREDTHS;
  }
}
