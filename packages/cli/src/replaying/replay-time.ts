const NS_PER_MS = 1_000_000;

/** When the datagrams of a recording are due: as far from the first as they were recorded, divided by a speed. */
export class ReplayTime {
  readonly #speed: number;
  #firstNs: bigint | undefined;
  #latestMs = 0;

  /** @param speed - 1: as recorded; 2: twice as fast; Infinity: all at once. */
  constructor(speed: number) {
    this.#speed = speed;
  }

  /** Returns the time from the first datagram to this one, in milliseconds; never less than that of one before. */
  dueMs(timeNs: bigint | undefined): number {
    if (timeNs === undefined) return this.#latestMs;
    this.#firstNs ??= timeNs;
    const sinceFirst = Number(timeNs - this.#firstNs) / NS_PER_MS / this.#speed;
    this.#latestMs = Math.max(this.#latestMs, sinceFirst);
    return this.#latestMs;
  }
}
