import { isMulticast } from "@groupcast/backend";
import type { Reactor } from "groupcast";
import { type RecordedDatagram, RecordingReader } from "../recording/recording-reader.js";
import { flush, pause } from "../sending/flow.js";
import type { SendReport } from "../sending/send-tally.js";
import { ReplayChannels } from "./replay-channels.js";
import { type ReplaySelection, SkipCount, select } from "./replay-selection.js";
import { ReplaySenders, type ReplaySettings } from "./replay-senders.js";
import { ReplayTime } from "./replay-time.js";

/** Plan of {@link replayDatagrams}: datagrams, speed and outgoing interface. */
export interface ReplayPlan extends ReplaySelection, ReplaySettings {
  /** Factor of the recorded speed: 0.5, 2; Infinity: as fast as the network takes them. Default: 1. */
  readonly speed?: number | undefined;
  /** Number of times the recording is replayed. Default: 1. */
  readonly loops?: number | undefined;
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
  /** Called about twice a second. */
  readonly onProgress?: ((report: ReplayReport) => void) | undefined;
}

/** Counts of replayed datagrams. */
export interface ReplayReport extends Omit<SendReport, "refused"> {
  /** Map of reason → number of skipped datagrams and frames. */
  readonly skipped: Readonly<Record<string, number>>;
}

const BURST = 64; // as many as the reactor sends at once
const TURN = 8 * BURST; // half a millisecond of work: signals and timers wait no longer
const PROGRESS_MS = 500;
const LONGEST_WAIT_MS = 3_600_000; // recordings may have gaps of days

/**
 * Sends the datagrams of a recording again with the recorded timing: to their groups, or to the destinations of the plan. Each recorded
 * sender gets its own port.
 *
 * Datagrams that went to a host are skipped, unless a mapping or `to` gives them a destination: today another host may have that address.
 *
 * @param path - Recording in pcapng or pcap: of this program, tcpdump or Wireshark.
 * @throws (rejects) RecordingError: the file is broken; the datagrams before the fault have been sent. NodeJS.ErrnoException: it cannot be
 * read. InvalidArgumentError: a channel has no such name.
 */
export async function replayDatagrams(reactor: Reactor, path: string, plan: ReplayPlan = {}): Promise<ReplayReport> {
  const replay = new Replay(reactor, plan, await ReplayChannels.load(plan.channels));
  try {
    for (let loop = 0; loop < (plan.loops ?? 1) && !plan.signal?.aborted; loop++) await replay.play(await RecordingReader.open(path));
    await replay.flush();
    return replay.report();
  } finally {
    replay.close();
  }
}

class Replay {
  readonly #reactor: Reactor;
  readonly #plan: ReplayPlan;
  readonly #channels: ReplayChannels | undefined;
  readonly #senders: ReplaySenders;
  readonly #skips = new SkipCount();
  #startMs: number | undefined; // of the first datagram: not before the file has been opened and read
  #written = 0;
  #reportMs = 0;

  constructor(reactor: Reactor, plan: ReplayPlan, channels: ReplayChannels | undefined) {
    this.#reactor = reactor;
    this.#plan = plan;
    this.#channels = channels;
    this.#senders = new ReplaySenders(reactor, plan);
  }

  async play(reader: RecordingReader): Promise<void> {
    const { speed = 1, signal } = this.#plan;
    const time = new ReplayTime(speed);
    let startMs: number | undefined; // of this loop
    for await (const datagram of reader) {
      startMs ??= this.#reactor.clock.nowMs();
      if (this.#startMs === undefined) this.#begin(startMs);
      await this.#waitUntil(startMs + time.dueMs(datagram.timeNs));
      if (signal?.aborted) break;
      await this.#send(datagram);
    }
    this.#skips.add(reader.skipped);
  }

  async flush(): Promise<void> {
    for (const port of this.#senders.ports) await flush(port, this.#plan.signal);
  }

  report(): ReplayReport {
    const nowMs = this.#reactor.clock.nowMs();
    const durationMs = Math.round(nowMs - (this.#startMs ?? nowMs));
    return { ...this.#senders.report(), skipped: this.#skips.report(), durationMs };
  }

  close(): void {
    this.#senders.close();
  }

  #begin(startMs: number): void {
    this.#startMs = startMs;
    this.#reportMs = startMs + PROGRESS_MS;
  }

  async #send({ from, to, data }: RecordedDatagram): Promise<void> {
    const selected = select({ from, to, data }, this.#plan, this.#channels);
    if ("skipped" in selected) return this.#skips.note(selected.skipped);
    if (!selected.isChanged && !isMulticast(selected.to.address)) return this.#skips.note("to a host");
    this.#senders.portFor(from, selected.to.address).write(selected.data, selected.to);
    if (++this.#written % BURST === 0) await this.flush();
    if (this.#written % TURN === 0) await pause(this.#reactor.clock, 0, this.#plan.signal);
  }

  /** Waits, in steps that the clock takes; datagrams that are due have left before. */
  async #waitUntil(dueMs: number): Promise<void> {
    const { clock } = this.#reactor;
    const { onProgress, signal } = this.#plan;
    while (clock.nowMs() < dueMs && !signal?.aborted) {
      await this.flush();
      await pause(clock, Math.min(dueMs - clock.nowMs(), onProgress === undefined ? LONGEST_WAIT_MS : PROGRESS_MS), signal);
      this.#showProgress();
    }
    this.#showProgress();
  }

  #showProgress(): void {
    if (this.#reactor.clock.nowMs() < this.#reportMs) return;
    this.#reportMs = this.#reactor.clock.nowMs() + PROGRESS_MS;
    this.#plan.onProgress?.(this.report());
  }
}
