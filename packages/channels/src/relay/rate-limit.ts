/** Limit of so many packets a second: a bucket that fills steadily and holds the packets of one second. */
export class RateLimit {
  readonly #perSecond: number;
  #tokens: number;
  #filledMs: number;

  /** @param perSecond - Infinity for no limit. */
  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#filledMs = nowMs;
  }

  /** Returns whether one more packet may pass now, and counts it if so. */
  take(nowMs: number): boolean {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return true;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + ((nowMs - this.#filledMs) * this.#perSecond) / 1000);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
