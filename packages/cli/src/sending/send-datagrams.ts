import { whenAborted } from "@groupcast/base";
import type { Clock, MulticastPort, PortStatistics, ScheduledCall, SendFailure } from "groupcast";
import type { Payloads } from "./payloads.js";

/** What {@link sendDatagrams} sends, and how fast. */
export interface SendPlan {
  /** Destination. */
  readonly to: { readonly address: string; readonly port: number };
  /** Payloads, one for each datagram. A payload may be changed when the next one is asked for. */
  readonly payloads: Payloads;
  /** Number of datagrams after which it ends. Default: when the payloads end. */
  readonly count?: number | undefined;
  /** Datagrams a second, evenly spaced to a millisecond. Default: as fast as the network takes them. */
  readonly perSecond?: number | undefined;
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
  /** Time to wait at the end for answers that nobody listens, in milliseconds. Default: 0. */
  readonly graceMs?: number | undefined;
  /** Is called about twice a second while it sends. */
  readonly onProgress?: ((report: SendReport) => void) | undefined;
}

/** What has become of the datagrams. */
export interface SendReport {
  /** Number that the network took. */
  readonly sent: number;
  /** Number of their payload bytes. */
  readonly sentBytes: number;
  /** Number that the network refused. */
  readonly failed: number;
  /** Number of answers that no socket listens there (ICMP port unreachable). A lower bound: hosts limit how many they send. */
  readonly refused: number;
  /** Map of refusal, such as `"ENETUNREACH"` → number of datagrams. */
  readonly failures: Readonly<Record<string, number>>;
  /** One error of each kind, for its message. */
  readonly errors: readonly Error[];
  /** Time from the first datagram to the last, in milliseconds. */
  readonly durationMs: number;
}

const BURST = 64; // as many as the reactor sends at once
const DATAGRAMS_A_TURN = 8 * BURST; // half a millisecond of work: signals and timers wait no longer
const MOST_LATE_MS = 100;
const PROGRESS_MS = 500;

/**
 * Sends datagrams by a port of the caller's, and waits until the network has them.
 *
 * Never overfills the send queue: when the network takes no more, it waits. The port stays open.
 *
 * @param port - An unconnected port with nothing else in its queue.
 * @param clock - Clock of the port's reactor.
 */
export async function sendDatagrams(port: MulticastPort, clock: Clock, plan: SendPlan): Promise<SendReport> {
  const tally = new Tally(port, clock);
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
  readonly #tally: Tally;
  readonly #count: number;
  readonly #pace: Pace | undefined;
  #written = 0;
  #reportMs: number;

  constructor(port: MulticastPort, clock: Clock, plan: SendPlan, tally: Tally) {
    this.#port = port;
    this.#clock = clock;
    this.#plan = plan;
    this.#tally = tally;
    this.#count = plan.count ?? Number.POSITIVE_INFINITY;
    this.#pace = plan.perSecond === undefined ? undefined : new Pace(clock, plan.perSecond);
    this.#reportMs = clock.nowMs() + PROGRESS_MS;
  }

  async run(): Promise<void> {
    const { payloads, signal } = this.#plan;
    const source = Symbol.asyncIterator in payloads ? payloads[Symbol.asyncIterator]() : payloads[Symbol.iterator]();
    try {
      while (this.#isUnfinished() && (await this.#turn(source))) {
        await flush(this.#port, signal);
        this.#showProgress();
        if (this.#isUnfinished()) await pause(this.#clock, this.#pace?.waitMs(this.#written) ?? 0, signal);
      }
      await flush(this.#port, signal);
    } finally {
      await source.return?.();
    }
  }

  #isUnfinished(): boolean {
    return this.#written < this.#count && !this.#plan.signal?.aborted;
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

/** Waits until the network has what was written, or until nobody wants to wait. */
async function flush(port: MulticastPort, signal: AbortSignal | undefined): Promise<void> {
  port.flush();
  if (port.statistics().queued === 0) return;
  await until(port.drained(), signal);
}

async function pause(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  let call: ScheduledCall | undefined;
  const elapsed = new Promise<void>((resolve) => {
    call = clock.schedule(delayMs, resolve);
  });
  await until(elapsed, signal);
  call?.cancel();
}

/** Waits for `promise`, or for the signal, whichever comes first. */
async function until(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  if (signal.aborted) return;
  let stopWaiting = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    stopWaiting = whenAborted(signal, () => resolve());
  });
  await Promise.race([promise, aborted]).finally(stopWaiting);
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

/** Counts from one moment of a port on. */
class Tally {
  readonly #port: MulticastPort;
  readonly #clock: Clock;
  readonly #before: PortStatistics;
  readonly #startMs: number;
  #endMs: number | undefined;
  readonly #failures: Record<string, number> = {};
  readonly #errors: Error[] = [];
  readonly #onFailure = ({ error }: SendFailure): void => {
    const kind = error.errnoName ?? error.code;
    if (this.#failures[kind] === undefined) this.#errors.push(error);
    this.#failures[kind] = (this.#failures[kind] ?? 0) + 1;
  };

  constructor(port: MulticastPort, clock: Clock) {
    this.#port = port;
    this.#clock = clock;
    this.#before = port.statistics();
    this.#startMs = clock.nowMs();
    port.on("sendFailed", this.#onFailure);
  }

  end(): void {
    this.#endMs = this.#clock.nowMs();
  }

  close(): void {
    this.#port.off("sendFailed", this.#onFailure);
  }

  report(): SendReport {
    const now = this.#port.statistics();
    return {
      sent: now.sent - this.#before.sent,
      sentBytes: now.sentBytes - this.#before.sentBytes,
      failed: now.sendFailed + now.dropped - this.#before.sendFailed - this.#before.dropped,
      refused: now.refused - this.#before.refused,
      failures: { ...this.#failures },
      errors: [...this.#errors],
      durationMs: Math.round((this.#endMs ?? this.#clock.nowMs()) - this.#startMs),
    };
  }
}
