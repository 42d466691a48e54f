const EXACT_BITS = 6; // differences of less than 64 ms are kept as they are, longer ones to 3 %

/** Time from the sealing of messages to their arrival, in milliseconds. It includes the difference between the clocks of both hosts. */
export interface LatencyStatistics {
  /** Number of messages. */
  readonly count: number;
  /** Shortest time. Negative when the sender's clock is ahead. */
  readonly minMs: number;
  /** Median: half of the messages took no longer. Exact below 64 ms, else at most 3 % too small; so are the following two. */
  readonly p50Ms: number;
  /** Ninety of a hundred messages took no longer. */
  readonly p90Ms: number;
  /** Ninety-nine of a hundred messages took no longer. */
  readonly p99Ms: number;
  /** Longest time. */
  readonly maxMs: number;
}

/** Counts latencies by size: at most some 3,000 sizes, whatever comes. */
export class LatencyHistogram {
  readonly #counts = new Map<number, number>(); // by the smallest latency of each size
  #count = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = Number.NEGATIVE_INFINITY;

  /** Number of sizes that were counted. */
  get sizes(): number {
    return this.#counts.size;
  }

  /** Counts a latency. One that is no number, as a clock of the user's can return, does not count. */
  add(latencyMs: number): void {
    if (!Number.isFinite(latencyMs)) return;
    const size = sizeOf(latencyMs);
    this.#counts.set(size, (this.#counts.get(size) ?? 0) + 1);
    this.#count++;
    this.#minMs = Math.min(this.#minMs, latencyMs);
    this.#maxMs = Math.max(this.#maxMs, latencyMs);
  }

  /** Returns the figures as they are now; undefined when nothing was counted. */
  statistics(): LatencyStatistics | undefined {
    if (this.#count === 0) return undefined;
    const sizes = [...this.#counts].sort(([a], [b]) => a - b);
    const [p50Ms, p90Ms, p99Ms] = [0.5, 0.9, 0.99].map((share) => this.#percentile(sizes, share));
    return { count: this.#count, minMs: this.#minMs, p50Ms: p50Ms!, p90Ms: p90Ms!, p99Ms: p99Ms!, maxMs: this.#maxMs };
  }

  /** Returns the smallest size that `share` of the latencies do not exceed (nearest rank). */
  #percentile(sizes: readonly (readonly [size: number, count: number])[], share: number): number {
    const rank = Math.ceil(share * this.#count);
    let counted = 0;
    const [size] = sizes.find(([, count]) => {
      counted += count;
      return counted >= rank;
    })!;
    return Math.max(size, this.#minMs);
  }
}

/** Returns a latency with its highest bits alone: those that matter. */
function sizeOf(latencyMs: number): number {
  const wholeMs = Math.trunc(latencyMs);
  const unit = 2 ** Math.max(0, Math.floor(Math.log2(Math.abs(wholeMs) || 1)) - EXACT_BITS + 1);
  return Math.floor(latencyMs / unit) * unit || 0; // no -0
}
