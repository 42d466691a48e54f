const QUERY_INTERVAL_MS = 125_000; // RFC 3810, 9.2, until another one is seen
const RESPONSE_MS = 10_000; // RFC 3810, 9.3
const ROBUSTNESS = 2; // RFC 3810, 9.1: so many queries may be lost

/** Judges from a growing count of MLD queries whether the querier has fallen silent. */
export class QuerierWatch {
  #count: number | undefined;
  #heardMs: number | undefined;
  #intervalMs = QUERY_INTERVAL_MS;
  #isSilent = false;

  /**
   * Takes the count at a time. Returns `"silent"` once when the querier has asked and has not for two intervals, `"heard"` once when it asks
   * again, and else undefined. A querier that was never heard is not missed.
   */
  observe(count: number | undefined, nowMs: number): "heard" | "silent" | undefined {
    if (count === undefined) return undefined;
    const asked = this.#count === undefined ? 0 : count - this.#count;
    this.#count = count;
    if (asked > 0) return this.#heard(asked, nowMs);
    if (this.#heardMs === undefined || this.#isSilent || nowMs - this.#heardMs < ROBUSTNESS * this.#intervalMs + RESPONSE_MS)
      return undefined;
    this.#isSilent = true;
    return "silent";
  }

  /** Between two looks a fast querier may have asked several times. */
  #heard(asked: number, nowMs: number): "heard" | undefined {
    if (this.#heardMs !== undefined && !this.#isSilent) this.#intervalMs = Math.min(QUERY_INTERVAL_MS, (nowMs - this.#heardMs) / asked);
    this.#heardMs = nowMs;
    if (!this.#isSilent) return undefined;
    this.#isSilent = false;
    return "heard";
  }
}
