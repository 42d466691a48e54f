import { writeFileSync } from "node:fs";
import { formatTrace } from "./format-trace.js";
import { toPcap } from "./pcap.js";
import type { TraceRecord } from "./trace-record.js";
import type { TraceRecorder } from "./trace-recorder.js";

const DEFAULT_MAX_RECORDS = 100_000; // some 30 MB with small datagrams

/** Options of {@link Trace}. */
export interface TraceOptions {
  /** Records to keep; older ones make room for newer ones, and are counted in `discarded`. Default 100,000. */
  readonly maxRecords?: number | undefined;
}

/** Record of what happens on a network: each datagram that is sent, forwarded, delivered or dropped. Off until {@link Trace.start}. */
export class Trace {
  readonly #recorder: TraceRecorder;
  readonly #epochMs: number;

  /**
   * @internal Use `network.trace`.
   * @param epochMs - Wall-clock time, in milliseconds since 1970, when the network's clock says 0; for the times in captures.
   */
  constructor(recorder: TraceRecorder, epochMs: number) {
    this.#recorder = recorder;
    this.#epochMs = epochMs;
  }

  /** Starts or continues recording. */
  start({ maxRecords = DEFAULT_MAX_RECORDS }: TraceOptions = {}): void {
    this.#recorder.maxRecords = maxRecords;
    this.#recorder.isRecording = true;
  }

  /** Stops recording; the records stay. */
  stop(): void {
    this.#recorder.isRecording = false;
  }

  /** Drops all records, and sets {@link Trace.discarded} to 0. */
  clear(): void {
    this.#recorder.clear();
  }

  /** Whether it records. */
  get isRecording(): boolean {
    return this.#recorder.isRecording;
  }

  /** Records in the order in which things happened. */
  get records(): readonly TraceRecord[] {
    return this.#recorder.records;
  }

  /** Number of records that made room for newer ones. */
  get discarded(): number {
    return this.#recorder.discarded;
  }

  /** Returns the records as text, one line each: see {@link formatTrace}. */
  toString(): string {
    return formatTrace(this.records);
  }

  /** Returns the datagrams sent and forwarded as a capture file: see {@link toPcap}. */
  toPcap(): Uint8Array {
    return toPcap(this.records, this.#epochMs);
  }

  /** Writes {@link Trace.toPcap} to the file `path`, for Wireshark, tshark and tcpdump. Throws what `fs.writeFileSync` throws. */
  writePcap(path: string): void {
    writeFileSync(path, this.toPcap());
  }
}
