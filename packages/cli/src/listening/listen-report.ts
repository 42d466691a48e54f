import type { DelayReport } from "./delay-count.js";
import type { StreamReport } from "./sequence-count.js";

/** Counts of received datagrams. */
export interface ListenReport {
  /** Number of datagrams. */
  readonly received: number;
  /** Number of their payload bytes. */
  readonly receivedBytes: number;
  /** Time from the first of them to the last, in milliseconds. */
  readonly durationMs: number;
  /** Time since it began to listen, in milliseconds. */
  readonly listenedMs: number;
  /** Number of datagrams lost because a receive buffer was full. */
  readonly kernelDrops: number;
  /** Number of datagrams for other groups, interfaces, sources or channels that the kernel delivered and the listener filtered out. */
  readonly foreign: number;
  /** Number of datagrams missing in numbered streams. */
  readonly lost: number;
  /** Streams of numbered datagrams, with lost, duplicate and late ones; up to 4,096. */
  readonly streams: readonly StreamReport[];
  /** Number of numbered datagrams of further streams. */
  readonly streamsLeftOut: number;
  /** Time between the kernel and this program: of the first datagram of each batch, which waited longest. Absent: not known. */
  readonly delay?: DelayReport | undefined;
}
