import type { ChannelSource } from "../contract/channel-transport.js";

/**
 * Reason for which packets are given up: the deadline has passed, their sender no longer keeps them, there was no room to hold later
 * packets, their sender does not answer, or it restarted.
 */
export type LossReason = "deadline" | "gone" | "room" | "unanswered" | "restarted";

/** Packets of a reliable channel that were given up. Those that still arrive are delivered late. */
export interface LostPackets {
  /** Their sender. */
  readonly from: ChannelSource;
  /** Number of packets; a long message has several. */
  readonly count: number;
  /** Reason for which they are given up. */
  readonly reason: LossReason;
}
