import type { ChannelSource } from "../contract/channel-transport.js";
import type { ReliableStatistics } from "../reliable/reliable-statistics.js";
import type { LatencyStatistics } from "./latency-histogram.js";

/** Facts about a message besides its contents. */
export interface ChannelMessage {
  /** Full name of the channel. */
  readonly channel: string;
  /** The message's sender. */
  readonly from: ChannelSource;
  /** Distance from the newest message of its sender. 1: in order. More: some are missing before it. 0: a repeat of the newest. Less: late. */
  readonly lead: number;
  /** Number of messages that are missing right before it; they may still come, late. On a fragmented channel it counts datagrams. */
  readonly lost: number;
  /** Whether it came through a relay. */
  readonly isRelayed: boolean;
  /**
   * The sender's salt on a sealed channel, authenticated by the key: 32 hexadecimal digits, random, the same as long as the sender has the
   * channel open. Any member of the group can write any salt; see `signer`. `undefined` on other channels.
   */
  readonly sender: string | undefined;
  /** Name of the member that signed it, on a sealed channel that verifies signatures; `undefined` on others. */
  readonly signer: string | undefined;
  /**
   * The sender's time of day when it sealed the message, in milliseconds since 1970, authenticated; `undefined` on other channels, and when
   * its clock or this host's clock is not trustworthy (`challenge`).
   */
  readonly sentAt: number | undefined;
}

/** Counters of a channel since it was opened, in messages unless a field says otherwise. */
export interface ChannelCounters {
  /** Taken by the transport, or waiting for it. */
  published: number;
  /** Not taken by the transport. Or waiting behind the fragments of a long one when the channel closed; `published` counts those, too. */
  dropped: number;
  /** Given to subscribers. */
  received: number;
  /** Missing in gaps, including those that arrive late. */
  lost: number;
  /** Received late: their lead is less than 0. */
  late: number;
  /** Received again: their lead is 0. */
  repeated: number;
  /** Senders that restarted. */
  restarts: number;
  /** Refused by the codec or the schema. */
  undecodable: number;
  /** Packets of a sealed channel that no key opened; `channel.seal.statistics()` has the reasons. */
  unopened: number;
  /** Repeated packets of a sealed channel. */
  replayed: number;
  /** Packets of a sealed channel that were sealed too long ago, or in the future. */
  stale: number;
  /**
   * Senders of a sealed channel that were evicted for others. The channel then accepts packets of unknown senders only if they are later
   * than all packets of evicted ones.
   */
  evicted: number;
  /** Packets of a fragmented channel that fit no message. */
  malformed: number;
  /** Messages given up: some fragments did not arrive in time, or others displaced them. */
  incomplete: number;
  /** Calls of subscribers that threw or rejected. */
  failed: number;
  /** Discarded while they waited for a paused or busy subscription, or for a slow loop; counted once for each that misses them. */
  discarded: number;
  /** Deadlines that passed without a message. */
  deadlines: number;
}

/** Counters of a channel since it was opened, and the latency of its messages. */
export interface ChannelStatistics extends ChannelCounters {
  /** Latency of the messages of a sealed channel; `undefined` on other channels, whose messages have no `sentAt`, and before the first. */
  readonly latency: LatencyStatistics | undefined;
  /** Repairs and losses of a reliable channel; `undefined` on other channels. */
  readonly reliable: ReliableStatistics | undefined;
}

/** Returns counters that are all zero. */
export function zeroChannelCounters(): ChannelCounters {
  return {
    published: 0,
    dropped: 0,
    received: 0,
    lost: 0,
    late: 0,
    repeated: 0,
    restarts: 0,
    undecodable: 0,
    unopened: 0,
    replayed: 0,
    stale: 0,
    evicted: 0,
    malformed: 0,
    incomplete: 0,
    failed: 0,
    discarded: 0,
    deadlines: 0,
  };
}
