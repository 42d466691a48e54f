/**
 * Takes samples from its sources, and keeps the latest of them.
 *
 * Theory of operation: nothing runs while nobody watches. The first watcher starts the clock's timer, which never keeps the process alive; all
 * watchers share each sample. When the last one leaves, the timer stops. If a source throws, only its part of the sample is missing.
 */
import { asError, type Clock, checkDelay, checkFunction, type ScheduledCall } from "@groupcast/base";
import { CurveSelection } from "./curve-selection.js";
import type { CurvePoint, MonitorEvent, MonitorSample, MonitorSource, PortSample, Readings, TotalSample } from "./sample.js";
import { eventsBetween } from "./timeline.js";

/** Parts of a {@link Monitor}. */
export interface MonitorOptions {
  /** Name of the host or program. */
  readonly title: string;
  /** Sources, asked in this order. */
  readonly sources: readonly MonitorSource[];
  /** Clock for the timer, and for the time between samples. */
  readonly clock: Clock;
  /** Time between two samples, in milliseconds, 100 or more. Default: 1,000. */
  readonly intervalMs?: number | undefined;
  /** Returns the wall clock in milliseconds since 1970. Default: `Date.now`. */
  readonly wallClockMs?: (() => number) | undefined;
}

/** Points of the curves at one moment. */
export interface HistoryEntry {
  /** Time, in milliseconds since 1970. */
  readonly timeMs: number;
  /** Points, as in the sample. */
  readonly curves: readonly CurvePoint[];
}

/** Past samples of a monitor, for a new watcher. */
export interface MonitorHistory {
  /** Points of up to 300 samples, the latest at the end. */
  readonly entries: readonly HistoryEntry[];
  /** Up to 200 events, the latest at the end. */
  readonly events: readonly MonitorEvent[];
}

const DEFAULT_INTERVAL_MS = 1000;
const SHORTEST_INTERVAL_MS = 100; // /proc is not made to be read more often
const MOST_ENTRIES = 300;
const MOST_EVENTS = 200;
const NOTHING: TotalSample = { receivedPerSecond: 0, sentPerSecond: 0, lostPerSecond: 0 };

/** Takes samples from its sources. */
export class Monitor {
  /** Time between two samples, in milliseconds. */
  readonly intervalMs: number;
  /** Name of the host or program. */
  readonly title: string;
  readonly #sources: readonly MonitorSource[];
  readonly #clock: Clock;
  readonly #wallClockMs: () => number;
  readonly #watchers = new Set<(sample: MonitorSample) => void>();
  readonly #curves = new CurveSelection();
  #entries: readonly HistoryEntry[] = [];
  #events: readonly MonitorEvent[] = [];
  #latest: MonitorSample | undefined;
  #takenMs = 0;
  #next: ScheduledCall | undefined;

  /** Makes a monitor; reads nothing yet. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`: intervalMs. */
  constructor({ title, sources, clock, intervalMs = DEFAULT_INTERVAL_MS, wallClockMs = Date.now }: MonitorOptions) {
    this.intervalMs = checkDelay("new Monitor", "intervalMs", intervalMs, SHORTEST_INTERVAL_MS);
    this.title = title;
    this.#sources = sources;
    this.#clock = clock;
    this.#wallClockMs = wallClockMs;
  }

  /** Latest sample; undefined before the first. */
  get latest(): MonitorSample | undefined {
    return this.#latest;
  }

  /** Past, up to the latest sample. */
  get history(): MonitorHistory {
    return { entries: this.#entries, events: this.#events };
  }

  /** Whether it takes samples by itself, because somebody watches. */
  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  /**
   * Calls `watcher` with each sample from now on, each {@link Monitor.intervalMs}; it takes the first one soon, unless the latest sample is
   * younger. If a watcher throws, the clock gets the error.
   *
   * @returns Function that ends it. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`.
   */
  watch(watcher: (sample: MonitorSample) => void): () => void {
    checkFunction("watch", "watcher", watcher);
    const call = (sample: MonitorSample): void => watcher(sample); // so that one function can watch twice
    this.#watchers.add(call);
    if (this.#next === undefined) this.#schedule(this.#latest === undefined ? 0 : this.#restMs());
    return () => {
      this.#watchers.delete(call);
      if (this.#watchers.size > 0) return;
      this.#next?.cancel();
      this.#next = undefined;
    };
  }

  /** Takes a sample now, and keeps it as the latest; its rates are those since the sample before. Watchers do not get it. */
  sample(): MonitorSample {
    const nowMs = this.#clock.nowMs();
    const elapsedMs = this.#latest === undefined ? 0 : Math.round(nowMs - this.#takenMs);
    this.#takenMs = nowMs;
    const state = { timeMs: this.#wallClockMs(), intervalMs: elapsedMs, title: this.title, ...this.#read(elapsedMs) };
    const events = this.#latest === undefined ? [] : eventsBetween(this.#latest, state);
    const sample = { ...state, curves: this.#curves.points(state), events };
    this.#keep(sample);
    return sample;
  }

  /** Time until the latest sample is as old as the interval: rates over a shorter one are noise. */
  #restMs(): number {
    return Math.max(0, this.#takenMs + this.intervalMs - this.#clock.nowMs());
  }

  #schedule(delayMs: number): void {
    const dueMs = this.#clock.nowMs() + delayMs;
    this.#next = this.#clock.schedule(delayMs, () => {
      this.#schedule(Math.max(0, dueMs + this.intervalMs - this.#clock.nowMs())); // from when it was due, so that it does not drift
      const sample = this.sample();
      for (const watcher of this.#watchers) watcher(sample);
    });
    this.#next.unref?.();
  }

  #read(elapsedMs: number): Required<Readings> {
    const limits: string[] = [];
    const readings = this.#sources.map((source): Readings => {
      try {
        return source.read(elapsedMs);
      } catch (error) {
        limits.push(`A part of this could not be read: ${asError(error).message}.`);
        return {};
      }
    });
    const all = <Part extends keyof Readings>(part: Part) => readings.flatMap((one) => (one[part] ?? []) as never) as never;
    return {
      totals: readings.reduce((sum, { totals }) => (totals === undefined ? sum : added(sum, totals)), NOTHING),
      ports: [...(all("ports") as PortSample[])].sort(byConcern),
      listened: all("listened"),
      groups: all("groups"),
      interfaces: all("interfaces"),
      nodes: all("nodes"),
      relays: all("relays"),
      limits: [...limits, ...(all("limits") as string[])],
    };
  }

  #keep(sample: MonitorSample): void {
    this.#latest = sample;
    this.#entries = [...this.#entries, { timeMs: sample.timeMs, curves: sample.curves }].slice(-MOST_ENTRIES);
    if (sample.events.length > 0) this.#events = [...this.#events, ...sample.events].slice(-MOST_EVENTS);
  }
}

function added(sum: TotalSample, more: TotalSample): TotalSample {
  const unwanted = sum.unwantedPerSecond ?? more.unwantedPerSecond;
  return {
    receivedPerSecond: sum.receivedPerSecond + more.receivedPerSecond,
    sentPerSecond: sum.sentPerSecond + more.sentPerSecond,
    lostPerSecond: sum.lostPerSecond + more.lostPerSecond,
    ...(unwanted === undefined ? {} : { unwantedPerSecond: unwanted }),
  };
}

/** Those that lose datagrams first, then members of groups, then by number. */
function byConcern(a: PortSample, b: PortSample): number {
  return b.dropsPerSecond - a.dropsPerSecond || rank(a) - rank(b) || a.port - b.port || (a.id < b.id ? -1 : 1);
}

function rank({ isMember, groupCount }: PortSample): number {
  return isMember && groupCount > 0 ? 0 : 1;
}
