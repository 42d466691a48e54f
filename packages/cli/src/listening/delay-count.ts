import { createHistogram, type RecordableHistogram } from "node:perf_hooks";

/** Time that datagrams waited between the kernel and this program, in microseconds. */
export interface DelayReport {
  /** Half of them waited no longer. */
  readonly p50Us: number;
  /** 99 of 100 waited no longer. */
  readonly p99Us: number;
  /** Longest wait. */
  readonly maxUs: number;
}

const NS_PER_US = 1000;

/** Collects delays. Memory does not grow. */
export class DelayCount {
  readonly #histogram: RecordableHistogram = createHistogram();

  /** Notes a delay in nanoseconds. One that the clock makes negative, because somebody has set it, counts as the shortest. */
  note(delayNs: bigint): void {
    this.#histogram.record(Math.max(1, Math.round(Number(delayNs) / NS_PER_US)));
  }

  /** Returns the percentiles; undefined without any delay. */
  report(): DelayReport | undefined {
    if (this.#histogram.count === 0) return undefined;
    return { p50Us: this.#histogram.percentile(50), p99Us: this.#histogram.percentile(99), maxUs: this.#histogram.max };
  }
}
