/** Facts in a header about when its packet was sealed. */
export interface SealedMoment {
  readonly counter: number;
  readonly timeMs: number;
}

/** Decides about packets whose time does not show that they are fresh. A sender's id is that of a {@link SealedSender}. */
export interface Proofs {
  /** Whether a sender has proved that a packet of this moment is fresh. */
  isProven(senderId: string, moment: SealedMoment): boolean;
  /** Takes note that the counters of a sender, of which `newest` is the highest, are forgotten. */
  forgotten(senderId: string, newest: number): void;
}

/** Nobody can prove anything: time alone decides. */
export const NO_PROOFS: Proofs = { isProven: () => false, forgotten: () => {} };

/** Nobody has to prove anything: a packet of any time will do, for channels on which nothing depends on it. */
export const ANY_TIME: Proofs = { isProven: () => true, forgotten: () => {} };
