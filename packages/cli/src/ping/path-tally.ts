import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { PathReport, RoundTrips } from "./ping-report.js";
import { toMicroseconds } from "./to-microseconds.js";

const US_A_MS = 1000;
const LONGEST_US = 600_000_000; // ten minutes; waiting for an answer ends long before
const FIGURES = 2; // percentiles to 1 %: 30 KB each, where 3 figures take 200 KB

/** Counts the answers of one responder on one path. */
export class PathTally {
  #sent = 0;
  #received = 0;
  #lost = 0;
  #late = 0;
  #duplicates = 0;
  #reordered = 0;
  #lostSinceFirst = 0;
  #firstSequence: number | undefined;
  #highestSequence = 0;
  #hops: number | undefined;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;
  #sumMs = 0;
  #histogram: RecordableHistogram | undefined;

  /** Whether any request was answered in time. */
  get hasAnswers(): boolean {
    return this.#received > 0;
  }

  /** Counts a request. */
  noteSent(): void {
    this.#sent += 1;
  }

  /** Counts an answer in time. `hops`: undefined if not known. */
  noteAnswer(sequence: number, rttMs: number, hops: number | undefined): void {
    this.#received += 1;
    this.#firstSequence ??= sequence;
    this.#hops = hops;
    if (sequence < this.#highestSequence) this.#reordered += 1;
    this.#highestSequence = Math.max(this.#highestSequence, sequence);
    this.#minMs = Math.min(this.#minMs, rttMs);
    this.#maxMs = Math.max(this.#maxMs, rttMs);
    this.#sumMs += rttMs;
    this.#histogram ??= createHistogram({ lowest: 1, highest: LONGEST_US, figures: FIGURES });
    this.#histogram.record(Math.min(LONGEST_US, Math.max(1, Math.round(rttMs * US_A_MS))));
  }

  /** Counts an answer that came after its request was counted as lost. */
  noteLate(): void {
    this.#late += 1;
  }

  /** Counts an answer that came again. */
  noteDuplicate(): void {
    this.#duplicates += 1;
  }

  /** Counts a request that was not answered in time. */
  noteLost(sequence: number): void {
    this.#lost += 1;
    if (this.#firstSequence !== undefined && sequence > this.#firstSequence) this.#lostSinceFirst += 1;
  }

  /** Returns the counts. */
  report(): PathReport {
    const rttMs = this.#roundTrips();
    return {
      sent: this.#sent,
      received: this.#received,
      lost: this.#lost,
      late: this.#late,
      duplicates: this.#duplicates,
      reordered: this.#reordered,
      lostSinceFirst: this.#lostSinceFirst,
      ...(this.#firstSequence !== undefined && { firstSequence: this.#firstSequence }),
      ...(this.#hops !== undefined && { hops: this.#hops }),
      ...(rttMs !== undefined && { rttMs }),
    };
  }

  #roundTrips(): RoundTrips | undefined {
    const histogram = this.#histogram;
    if (histogram === undefined) return undefined;
    // The histogram rounds; no percentile lies outside what was measured.
    const percentile = (share: number) => Math.min(this.#maxMs, Math.max(this.#minMs, histogram.percentile(share) / US_A_MS));
    return {
      min: this.#minMs,
      average: toMicroseconds(this.#sumMs / this.#received),
      max: this.#maxMs,
      p50: percentile(50),
      p90: percentile(90),
      p99: percentile(99),
    };
  }
}
