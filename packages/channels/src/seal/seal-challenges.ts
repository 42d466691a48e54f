import type { Proofs } from "./proofs.js";
import type { KeyRing } from "./seal-keys.js";
import type { VerifyingKeys } from "./signatures.js";

/** Counters of the challenges of a sealed channel since it was opened. */
export interface ChallengeStatistics {
  /** Senders that this node has begun to ask. */
  asked: number;
  /** Answers of senders that this node had asked. */
  proven: number;
  /** Senders that have not answered, after six challenges. */
  unanswered: number;
  /** Senders that were evicted for others, asked or proven: they are asked again. */
  evicted: number;
  /** Challenges of other nodes that this node has answered. */
  answered: number;
  /** Challenges of other nodes that were displaced before they were answered: they come again. */
  crowdedOut: number;
  /** Packets with challenges or answers that the transport took. */
  sent: number;
  /** Packets with challenges or answers that the transport refused. */
  dropped: number;
  /** Refused packets among the challenges and answers of others: not sealed, forged, unsigned, repeated, or malformed. */
  refused: number;
}

/** Channel that is sealed with the keys of another, and takes its new ones. */
export interface SealFollower {
  /** Takes the keys that the channel takes. */
  adopt(ring: KeyRing, verify: VerifyingKeys | undefined): void;
}

/** The part of a channel's challenges that its seal uses. */
export interface SealChallenges extends Proofs, SealFollower {
  /** Resolves when the socket of the latest challenges is closed; `undefined` before it is. */
  readonly closed: Promise<void> | undefined;
  /** Returns the counters as they are now. */
  statistics(): ChallengeStatistics;
}

/** A sender between two packets. */
export interface SealPosition {
  /** Salt, as latin1. */
  readonly salt: string;
  /** Counter of its next packet. */
  readonly counter: number;
  /** Time that the packet would have now. */
  readonly timeMs: number;
}

/** Returns counters that are all zero. */
export function zeroChallengeStatistics(): ChallengeStatistics {
  return { asked: 0, proven: 0, unanswered: 0, evicted: 0, answered: 0, crowdedOut: 0, sent: 0, dropped: 0, refused: 0 };
}
