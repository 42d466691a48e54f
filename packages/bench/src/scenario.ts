import type { Peer, PeerName } from "./peers.js";
import type { FigureName, Outcome, Timing } from "./runs.js";

/** One row of the benchmark: what is measured, of which peers. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** Figures that its table shows; charts and ratios use the first. */
  readonly figures: readonly FigureName[];
  readonly peers: readonly PeerName[];
  readonly isQuick?: boolean;
  /** Largest number of rounds, for scenarios that take minutes. */
  readonly maxRounds?: number;
  /** Whether the loopback interface keeps runs (UDP_SEGMENT) whole, as it does by default. */
  readonly keepsRuns?: boolean;
  run(peer: Peer, timing: Timing): Promise<Outcome>;
}
