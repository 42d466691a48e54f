import type { Clock, Destination, MulticastPort } from "groupcast";
import { flush, pause } from "./flow.js";
import type { Payloads } from "./payloads.js";
import { type SendReport, SendTally } from "./send-tally.js";

/** Plan of {@link sendDatagrams}: payloads, destination and rate. */
export interface SendPlan {
  /** Destination. */
  readonly to: Destination;
  /** Payloads, one for each datagram. A payload may be changed when the next one is asked for. */
  readonly payloads: Payloads;
  /** Number of datagrams after which it ends. Default: when the payloads end. */
  readonly count?: number | undefined;
  /** Time after which it ends, in milliseconds. Default: when the payloads end. */
  readonly durationMs?: number | undefined;
  /** Datagrams a second, evenly spaced to a millisecond. Default: as fast as the network takes them. */
  readonly perSecond?: number | undefined;
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
  /** Time to wait at the end for reports that nobody listens (ICMP), in milliseconds. Default: 0. */
  readonly graceMs?: number | undefined;
  /** Called about twice a second while it sends. */
  readonly onProgress?: ((report: SendReport) => void) | undefined;
}

const BURST = 64; // as many as the reactor sends at once
const DATAGRAMS_A_TURN = 8 * BURST; // half a millisecond of work: signals and timers wait no longer
const MOST_LATE_MS = 100;
const PROGRESS_MS = 500;

/**
 * Sends datagrams on a port of the caller, and waits until the network has taken them.
 *
 * Never overfills the send queue: when the network takes no more, it waits. The port stays open.
 *
 * @param port - An unconnected port with nothing else in its queue.
 * @param clock - Clock of the port's reactor.
 */
export async function sendDatagrams(port: MulticastPort, clock: Clock, plan: SendPlan): Promise<SendReport> {
  const tally = new SendTally(port, clock);
  try {
    await new Sending(port, clock, plan, tally).run();
    tally.end();
    if (plan.graceMs !== undefined) await pause(clock, plan.graceMs, plan.signal);
    return tally.report();
  } finally {
    tally.close();
  }
}

/** One run: turns of datagrams that are due, and pauses between them. */
class Sending {
  readonly #port: MulticastPort;
  readonly #clock: Clock;
  readonly #plan: SendPlan;
  readonly #tally: SendTally;
  readonly #count: number;
  readonly #pace: Pace | undefined;
  readonly #endMs: number;
  #written = 0;
  #reportMs: number;

  constructor(port: MulticastPort, clock: Clock, plan: SendPlan, tally: SendTally) {
    this.#port = port;
    this.#clock = clock;
    this.#plan = plan;
    this.#tally = tally;
    this.#count = plan.count ?? Number.POSITIVE_INFINITY;
    this.#pace = plan.perSecond === undefined ? undefined : new Pace(clock, plan.perSecond);
    this.#endMs = clock.nowMs() + (plan.durationMs ?? Number.POSITIVE_INFINITY);
    this.#reportMs = clock.nowMs() + PROGRESS_MS;
  }

  async run(): Promise<void> {
    const { payloads, signal } = this.#plan;
    const source = Symbol.asyncIterator in payloads ? payloads[Symbol.asyncIterator]() : payloads[Symbol.iterator]();
    try {
      while (this.#isUnfinished() && (await this.#turn(source))) {
        await flush(this.#port, signal);
        this.#showProgress();
        if (this.#isUnfinished()) await pause(this.#clock, this.#waitMs(), signal);
      }
      await flush(this.#port, signal);
    } finally {
      await source.return?.();
    }
  }

  #isUnfinished(): boolean {
    return this.#written < this.#count && this.#clock.nowMs() < this.#endMs && !this.#plan.signal?.aborted;
  }

  #waitMs(): number {
    return Math.min(this.#pace?.waitMs(this.#written) ?? 0, this.#endMs - this.#clock.nowMs());
  }

  /** Writes what is due. Returns whether there are payloads left. */
  async #turn(source: Iterator<Uint8Array> | AsyncIterator<Uint8Array>): Promise<boolean> {
    const { signal, to } = this.#plan;
    for (let due = this.#pace?.due(this.#written) ?? DATAGRAMS_A_TURN; due > 0 && this.#isUnfinished(); due--) {
      const next = await source.next();
      if (next.done) return false;
      if (signal?.aborted) return true; // while the next payload was waited for
      this.#port.write(next.value, to);
      if (++this.#written % BURST === 0) await flush(this.#port, signal);
    }
    return true;
  }

  #showProgress(): void {
    if (this.#clock.nowMs() < this.#reportMs) return;
    this.#reportMs = this.#clock.nowMs() + PROGRESS_MS;
    this.#plan.onProgress?.(this.#tally.report());
  }
}

/** When the next datagrams are due, at a steady rate. What a slow machine has missed is made up for, at most a tenth of a second of it. */
class Pace {
  readonly #clock: Clock;
  readonly #perMs: number;
  /** Time at which datagram number 0 was due. */
  #startMs: number;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perMs = perSecond / 1000;
    this.#startMs = clock.nowMs();
  }

  /** Returns how many datagrams are due, when `written` have been. */
  due(written: number): number {
    const due = this.#dueNow() - written;
    const most = Math.max(1, Math.floor(this.#perMs * MOST_LATE_MS));
    if (due <= most) return Math.max(0, due);
    this.#startMs += (due - most) / this.#perMs;
    return most;
  }

  /** Returns the time until another one is due, when `written` have been. */
  waitMs(written: number): number {
    return Math.max(0, this.#startMs + written / this.#perMs - this.#clock.nowMs());
  }

  #dueNow(): number {
    return Math.floor((this.#clock.nowMs() - this.#startMs) * this.#perMs) + 1;
  }
}
