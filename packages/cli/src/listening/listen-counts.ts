import type { Clock, DatagramBatch, PortStatistics, SocketAddress } from "groupcast";
import { DelayCount } from "./delay-count.js";
import type { ListenReport } from "./listen-report.js";
import { StreamCounts } from "./stream-counts.js";

/** Counts of one run of listening. */
export class ListenCounts {
  readonly #clock: Clock;
  readonly #nowNs: () => bigint;
  readonly #startMs: number;
  readonly #streams = new StreamCounts();
  readonly #delays = new DelayCount();
  #received = 0;
  #receivedBytes = 0;
  #otherChannels = 0;
  #firstMs = 0;
  #lastMs = 0;

  constructor(clock: Clock, nowNs: () => bigint) {
    this.#clock = clock;
    this.#nowNs = nowNs;
    this.#startMs = clock.nowMs();
  }

  /** Notes that a batch has come: when, and how long its first datagram waited. */
  noteBatch(batch: DatagramBatch): void {
    const { timestampNs } = batch.arrival(0);
    if (timestampNs !== undefined) this.#delays.note(this.#nowNs() - timestampNs);
    this.#lastMs = this.#clock.nowMs();
    if (this.#received === 0) this.#firstMs = this.#lastMs;
  }

  /** Counts a datagram. */
  note(bytes: Buffer, from: SocketAddress, port: number): void {
    this.#received++;
    this.#receivedBytes += bytes.length;
    this.#streams.note(bytes, from, { source: from.port, destination: port });
  }

  /** Counts a datagram of another channel on the same group. */
  noteOtherChannel(): void {
    this.#otherChannels++;
  }

  /** Returns the counts, with those of the ports. */
  report(ports: readonly PortStatistics[]): ListenReport {
    const sum = (of: (port: PortStatistics) => number): number => ports.reduce((total, port) => total + of(port), 0);
    return {
      received: this.#received,
      receivedBytes: this.#receivedBytes,
      durationMs: Math.round(this.#lastMs - this.#firstMs),
      listenedMs: Math.round(this.#clock.nowMs() - this.#startMs),
      kernelDrops: sum(({ kernelDrops, unreadDrops }) => kernelDrops + unreadDrops),
      foreign: sum(({ foreign }) => foreign) + this.#otherChannels,
      lost: this.#streams.lost,
      streams: this.#streams.report(),
      streamsLeftOut: this.#streams.leftOut,
      delay: this.#delays.report(),
    };
  }
}
