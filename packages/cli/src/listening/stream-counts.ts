import type { SocketAddress } from "groupcast";
import type { PayloadFormat, PayloadPorts } from "../payload/payload-format.js";
import { PAYLOAD_FORMATS } from "../payload/payload-formats.js";
import { SequenceCount, type StreamReport } from "./sequence-count.js";

/** Number of streams that are told apart by default. */
export const MOST_STREAMS: number = 4096; // some 2 MiB: hostile senders make streams up

/** Formats whose datagrams have numbers. */
const NUMBERED = PAYLOAD_FORMATS.filter((format): format is Numbered => format.numbering !== undefined);

type Numbered = PayloadFormat & Required<Pick<PayloadFormat, "numbering">>;

/** Sums over streams. */
export interface StreamTotals extends Pick<StreamReport, "lost" | "gaps" | "duplicates" | "reordered"> {
  /** Number of streams. */
  readonly streams: number;
}

/** Counts of every stream that has arrived. A format says which datagrams make one. */
export class StreamCounts {
  readonly #counts: ReadonlyMap<Numbered, Map<string, SequenceCount>> = new Map(NUMBERED.map((format) => [format, new Map()]));
  readonly #mostStreams: number;
  #streams = 0;
  #leftOut = 0;

  /** @param mostStreams - Number of streams that are told apart; datagrams of further ones are only counted. */
  constructor(mostStreams: number = MOST_STREAMS) {
    this.#mostStreams = mostStreams;
  }

  /** Number of numbered datagrams that are counted nowhere: there were too many streams. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Number of datagrams that are missing, in all streams. */
  get lost(): number {
    return this.#sum(({ lost }) => lost);
  }

  /** Returns the sums over all streams. */
  totals(): StreamTotals {
    const totals = { streams: this.#streams, lost: 0, gaps: 0, duplicates: 0, reordered: 0 };
    for (const counts of this.#counts.values()) {
      for (const count of counts.values()) {
        const { lost, gaps, duplicates, reordered } = count.report();
        totals.lost += lost;
        totals.gaps += gaps;
        totals.duplicates += duplicates;
        totals.reordered += reordered;
      }
    }
    return totals;
  }

  /** Counts a datagram, if it has a number. */
  note(bytes: Buffer, from: SocketAddress, ports: PayloadPorts): void {
    for (const format of NUMBERED) {
      const sequence = format.numbering.read(bytes, ports);
      if (sequence === undefined) continue;
      const stream = format.numbering.isPerSender ? `${sequence.stream} from ${from.address} port ${from.port}` : sequence.stream;
      this.#countOf(format, stream)?.note(sequence.number);
      return;
    }
  }

  /** Returns the counts of each stream, in the order of their first datagrams. */
  report(): StreamReport[] {
    return [...this.#counts].flatMap(([{ name }, counts]) =>
      [...counts].map(([stream, count]) => ({ format: name, stream, ...count.report() })),
    );
  }

  #countOf(format: Numbered, stream: string): SequenceCount | undefined {
    const counts = this.#counts.get(format)!;
    const known = counts.get(stream);
    if (known !== undefined) return known;
    if (this.#streams === this.#mostStreams) {
      this.#leftOut++;
      return undefined;
    }
    this.#streams++;
    const count = new SequenceCount(format.numbering.modulus);
    counts.set(stream, count);
    return count;
  }

  #sum(of: (count: SequenceCount) => number): number {
    let sum = 0;
    for (const counts of this.#counts.values()) for (const count of counts.values()) sum += of(count);
    return sum;
  }
}
