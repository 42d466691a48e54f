import type { ChannelSource } from "../contract/channel-transport.js";

/**
 * Reason for which packets are given up: the deadline has passed, their sender does not keep them any more, there was no room to hold what
 * came after them, their sender does not answer, or it started again.
 */
export type LossReason = "deadline" | "gone" | "room" | "unanswered" | "restarted";

/** Packets of a reliable channel that are given up. Those that come after all are delivered late. */
export interface LostPackets {
  /** Their sender. */
  readonly from: ChannelSource;
  /** Number of packets; a long message has several. */
  readonly count: number;
  /** Reason for which they are given up. */
  readonly reason: LossReason;
}
