/** Counters of a sealed channel since it was opened, in packets. */
export interface SealStatistics {
  /** Opened: genuine, new and fresh. */
  opened: number;
  /** Not sealed, cut, or of a kind that this version does not know. */
  unsealed: number;
  /** Sealed in an earlier format of Groupcast. */
  outdated: number;
  /** Sealed with a key whose id this node does not have. */
  unknownKey: number;
  /** Not sealed with the key whose id they carry: forged, damaged, from another channel, or from nodes with another key under this id. */
  forged: number;
  /** Not signed by a member, on a channel that verifies signatures. */
  unsigned: number;
  /** Received before, or 1024 packets behind or more. */
  replayed: number;
  /** Sealed longer ago than `maxAgeMs`, or before the latest packet of a sender that had to be forgotten. */
  stale: number;
  /** Sealed further in the future than `maxAgeMs`: a clock is wrong. */
  early: number;
}

/** Reason to refuse a packet. */
export type SealRefusal = Exclude<keyof SealStatistics, "opened">;

/** Counters of a channel that its seal moves, too. */
export interface SealCounters {
  unopened: number; // packets, as the next two
  replayed: number;
  stale: number;
  evicted: number; // senders
}

/** Counter of a channel for each reason. */
export const REFUSALS: Readonly<Record<SealRefusal, Exclude<keyof SealCounters, "evicted">>> = {
  unsealed: "unopened",
  outdated: "unopened",
  unknownKey: "unopened",
  forged: "unopened",
  unsigned: "unopened",
  replayed: "replayed",
  stale: "stale",
  early: "stale",
};

/** Returns counters that are all zero. */
export function zeroSealStatistics(): SealStatistics {
  return { opened: 0, unsealed: 0, outdated: 0, unknownKey: 0, forged: 0, unsigned: 0, replayed: 0, stale: 0, early: 0 };
}
