/** Counters of what a node does for those who miss packets that it has sent, in packets unless a field says otherwise. */
export interface SenderCounters {
  /** Questions that came, in notes. */
  questions: number;
  /** Questions that were answered with a status, as their asker had shown no token. In notes. */
  introductions: number;
  /** Sent again to one receiver. */
  repaired: number;
  /** Sent again to all, as several had asked. */
  repairedForAll: number;
  /** Bytes sent again. */
  repairedBytes: number;
  /** Not sent again, as they just had been. */
  cooling: number;
  /** Not sent again, and questions not answered, as their asker had no budget left. It may ask again. */
  limited: number;
  /** Questions for what is not kept any more, in notes. */
  gone: number;
  /** Questions of receivers that were let go, in notes. */
  refused: number;
  /** Receivers that were let go for a while, as they lose too much. */
  letGo: number;
  /** Not taken by the transport when they were sent again. */
  dropped: number;
}

/** Counters of what a node misses of others, in packets unless a field says otherwise. */
export interface ReceiverCounters {
  /** Missing when a later one came, or when their sender said so. */
  missing: number;
  /** Missing, and then received. */
  recovered: number;
  /** Given up; the event `lost` says why. */
  givenUp: number;
  /** Came again, and were not delivered again. */
  duplicates: number;
  /** Delivered out of order: they came after they were given up, or their numbers were far from all others. */
  unordered: number;
  /** Discarded while they waited for earlier ones, as the last subscription ended. */
  discarded: number;
  /** Questions that were sent, in notes. */
  questions: number;
  /** Questions to senders that had not answered yet, not sent as too many of them were there. */
  putOff: number;
}

/** Counters of a reliable channel since it was opened. */
export interface ReliableStatistics {
  /**
   * Means by which losses are made good: `"repairs"` of the publishers (UDP), a `"stream"` that keeps the messages (NATS with `jetStream`), or
   * `"nothing"`: delivery is at most once. Before the first message and the first subscriber a stream counts as nothing.
   */
  readonly by: "repairs" | "stream" | "nothing";
  /** Repairs for others. */
  readonly sender: Readonly<SenderCounters>;
  /** Losses here. */
  readonly receiver: Readonly<ReceiverCounters>;
  /** Notes that could not be read, or were not sealed by a member. */
  readonly malformed: number;
  /** Memory of the packets that are kept to be sent again, in bytes, about. */
  readonly keptBytes: number;
}

/** Returns counters that are all zero. */
export function zeroSenderCounters(): SenderCounters {
  return {
    questions: 0,
    introductions: 0,
    repaired: 0,
    repairedForAll: 0,
    repairedBytes: 0,
    cooling: 0,
    limited: 0,
    gone: 0,
    refused: 0,
    letGo: 0,
    dropped: 0,
  };
}

/** Returns counters that are all zero. */
export function zeroReceiverCounters(): ReceiverCounters {
  return { missing: 0, recovered: 0, givenUp: 0, duplicates: 0, unordered: 0, discarded: 0, questions: 0, putOff: 0 };
}
