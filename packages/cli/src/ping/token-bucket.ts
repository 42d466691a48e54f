/** A rate limit that forgives bursts: each event takes a token, and tokens come back at a steady rate. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #atMs: number;

  /** Makes a bucket that is full. */
  constructor(perSecond: number, capacity: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#capacity = capacity;
    this.#tokens = capacity;
    this.#atMs = nowMs;
  }

  /** Takes a token; returns false if there is none. */
  take(nowMs: number): boolean {
    if (!this.hasToken(nowMs)) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Returns whether there is a token to take. */
  hasToken(nowMs: number): boolean {
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((nowMs - this.#atMs) * this.#perSecond) / 1000);
    this.#atMs = nowMs;
    return this.#tokens >= 1;
  }
}
