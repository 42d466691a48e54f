/** Counters of one worker thread, in memory that it shares with the thread that started it: they outlive the worker. */
import type { PortStatistics } from "@groupcast/reactor";

/** Each counter, and whether it counts what is there now: that is gone when the worker is. */
const COUNTERS: Readonly<Record<keyof PortStatistics, "total" | "now">> = {
  received: "total",
  receivedBytes: "total",
  truncated: "total",
  foreign: "total",
  discarded: "total",
  kernelDrops: "total",
  unreadDrops: "total",
  sent: "total",
  sentBytes: "total",
  queued: "now",
  queuedBytes: "now",
  dropped: "total",
  sendFailed: "total",
  suppressed: "total",
  refused: "total",
  protocolErrors: "total",
};

const NAMES = Object.keys(COUNTERS) as (keyof PortStatistics)[];
const FINAL = NAMES.length; // index of the word that says that the counters do not change any more

/** Reads and writes the counters of a worker. */
export class WorkerCounters {
  /** Memory to hand to the worker. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Float64Array;

  /** Takes the memory of another one, or memory of its own. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer((NAMES.length + 1) * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#words = new Float64Array(memory);
  }

  /** Writes what a port has counted. @param isFinal - Whether it will count nothing more. */
  write(statistics: PortStatistics, isFinal: boolean): void {
    for (const [index, name] of NAMES.entries()) this.#words[index] = statistics[name];
    this.#words[FINAL] = Number(isFinal);
  }

  /** Whether the worker wrote its last counts. */
  get isFinal(): boolean {
    return this.#words[FINAL] === 1;
  }

  /**
   * Adds the counters to `sum`.
   *
   * @param isOver - Whether the worker has ended. What waited in its send queue was lost then, and counts as `dropped`.
   */
  addTo(sum: PortStatistics, isOver: boolean): void {
    for (const [index, name] of NAMES.entries()) if (COUNTERS[name] === "total" || !isOver) sum[name] += this.#words[index]!;
    if (isOver) sum.dropped += this.#words[NAMES.indexOf("queued")]!;
  }
}

/** Returns a sum of nothing. */
export function noCounts(): PortStatistics {
  return Object.fromEntries(NAMES.map((name) => [name, 0])) as unknown as PortStatistics;
}
