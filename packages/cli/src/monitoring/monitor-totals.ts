import type { ListenedSample, MonitorEvent, MonitorSample } from "@groupcast/monitor";

/** Datagrams that were dropped in one place. */
export interface DropTotal {
  /** Port, destination or interface; may hold any character. */
  readonly subject: string;
  /** Number of datagrams. */
  readonly count: number;
}

/** Summary of one run of `groupcast monitor`. */
export interface MonitorSummary {
  /** Number of samples. */
  readonly samples: number;
  /** Time from the first to the last, in milliseconds. */
  readonly durationMs: number;
  /** Highest rate of received datagrams that a sample had, per second. */
  readonly highestPerSecond: number;
  /** Number of datagrams that came to the destinations that were listened to. */
  readonly received: number;
  /** Number that are missing in their numbered streams. */
  readonly lost: number;
  /** Destinations that were listened to, as they were at the end. */
  readonly listened: readonly ListenedSample[];
  /** Places where datagrams were dropped, the worst first, 100 at most. */
  readonly drops: readonly DropTotal[];
  /** Number of nodes that were there at some time. */
  readonly nodesSeen: number;
  /** Number of events. */
  readonly events: number;
}

const MOST_PLACES = 100;
const MOST_NODES = 4096; // heartbeats can be made up

/** Sums up samples. Memory does not grow beyond bounds. */
export class MonitorTotals {
  readonly #drops = new Map<string, number>();
  readonly #nodes = new Set<string>();
  #samples = 0;
  #firstMs = 0;
  #highest = 0;
  #events = 0;
  #last: MonitorSample | undefined;

  /** Notes a sample. */
  note(sample: MonitorSample): void {
    if (this.#samples === 0) this.#firstMs = sample.timeMs;
    this.#samples++;
    this.#last = sample;
    this.#highest = Math.max(this.#highest, sample.totals.receivedPerSecond);
    for (const { session } of sample.nodes) if (this.#nodes.size < MOST_NODES) this.#nodes.add(session);
    for (const event of sample.events) this.#noteEvent(event);
  }

  #noteEvent({ kind, subject, count = 1 }: MonitorEvent): void {
    this.#events += kind === "more" ? count : 1;
    const before = this.#drops.get(subject);
    if (kind !== "dropped" || (before === undefined && this.#drops.size === MOST_PLACES)) return;
    this.#drops.set(subject, (before ?? 0) + count);
  }

  /** Returns the summary. */
  summary(): MonitorSummary {
    const listened = this.#last?.listened ?? [];
    const sum = (of: (one: ListenedSample) => number) => listened.reduce((total, one) => total + of(one), 0);
    return {
      samples: this.#samples,
      durationMs: Math.round((this.#last?.timeMs ?? this.#firstMs) - this.#firstMs),
      highestPerSecond: this.#highest,
      received: sum(({ received }) => received),
      lost: sum(({ lost }) => lost),
      listened,
      drops: [...this.#drops].map(([subject, count]) => ({ subject, count })).sort((a, b) => b.count - a.count),
      nodesSeen: this.#nodes.size,
      events: this.#events,
    };
  }
}
