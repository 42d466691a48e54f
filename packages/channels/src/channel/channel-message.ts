import type { ChannelSource } from "../contract/channel-transport.js";

/** What is known of a message besides its contents. */
export interface ChannelMessage {
  readonly channel: string; // full name
  readonly from: ChannelSource;
  /** 1: in order. More: some are missing before it. 0: a repeat of the newest. Less: late. */
  readonly lead: number;
  /** How many are missing right before it; they may still come, late. Of a fragmented channel, datagrams rather than messages. */
  readonly lost: number;
  /** Whether it came through a relay. */
  readonly isRelayed: boolean;
}

/** What a channel has done since it was opened, in messages unless something else is said. */
export interface ChannelStatistics {
  published: number;
  dropped: number; // not taken by the transport, or waiting when the channel closed
  received: number; // given to subscribers
  lost: number; // gaps; what came late all the same is counted here, too
  late: number; // lead less than 0
  repeated: number; // lead 0
  restarts: number; // senders that started again
  undecodable: number;
  unopened: number; // packets of a sealed channel that no key opened
  replayed: number; // packets of a sealed channel that were here before
  malformed: number; // packets of a fragmented channel that fit no message
  incomplete: number; // messages some of whose fragments did not come in time, or had to make room
  failed: number; // calls of subscribers that threw
}

/** Counters, all at zero. */
export function zeroChannelStatistics(): ChannelStatistics {
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
    malformed: 0,
    incomplete: 0,
    failed: 0,
  };
}
