/** Counters of a node's repairs for receivers that miss its packets, in packets unless a field says otherwise. */
export interface SenderCounters {
  /** Questions received, in notes. */
  questions: number;
  /** Questions answered with a status, because their asker had shown no token. In notes. */
  introductions: number;
  /** Sent again to one receiver. */
  repaired: number;
  /** Sent again to all, because several had asked. */
  repairedForAll: number;
  /** Bytes sent again. */
  repairedBytes: number;
  /** Not sent again, because they had just been sent. */
  cooling: number;
  /** Not sent again, and questions not answered, because their asker had no budget left. It may ask again. */
  limited: number;
  /** Questions for packets that are no longer kept, in notes. */
  gone: number;
  /** Questions of dropped receivers, in notes. */
  refused: number;
  /** Receivers that were dropped for a while, because they lose too much. */
  letGo: number;
  /** Not taken by the transport when they were sent again. */
  dropped: number;
}

/** Counters of packets that a node misses from others, in packets unless a field says otherwise. */
export interface ReceiverCounters {
  /** Missing when a later one arrived, or when their sender announced them. */
  missing: number;
  /** Missing, and then received. */
  recovered: number;
  /** Given up; the event `lost` says why. */
  givenUp: number;
  /** Received again, and not delivered again. */
  duplicates: number;
  /** Delivered out of order: they arrived after they were given up, or their numbers were far from all others. */
  unordered: number;
  /** Discarded while they waited for earlier ones, because the last subscription ended. */
  discarded: number;
  /** Questions that were sent, in notes. */
  questions: number;
  /** Questions not sent to senders that had not answered yet, because there were too many of them. */
  putOff: number;
}

/** Counters of a reliable channel since it was opened. */
export interface ReliableStatistics {
  /**
   * Mechanism that repairs losses: `"repairs"` of the publishers (UDP), a `"stream"` that keeps the messages (NATS with `jetStream`), or
   * `"nothing"`: delivery is at most once. Before the first message and the first subscriber a stream counts as nothing.
   */
  readonly by: "repairs" | "stream" | "nothing";
  /** Repairs for others. */
  readonly sender: Readonly<SenderCounters>;
  /** Losses here. */
  readonly receiver: Readonly<ReceiverCounters>;
  /** Notes that could not be read, or that no member sealed. */
  readonly malformed: number;
  /** Approximate memory of the packets that are kept to be sent again, in bytes. */
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
