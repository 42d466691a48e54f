/** Runs scenarios: the peers of each take turns, so that a disturbance of the machine hits all of them. */
import { setLoopback } from "./loopback.js";
import type { Peer, PeerName } from "./peers.js";
import type { FigureName, Outcome, Timing } from "./runs.js";
import type { Scenario } from "./scenario.js";
import { medianOf } from "./statistics.js";

/** Results of one peer in one scenario. */
export interface Entry {
  readonly peer: PeerName;
  readonly rounds: Outcome[];
  readonly failures: string[];
}

export interface Measurement {
  readonly scenario: Scenario;
  readonly entries: readonly Entry[];
}

export interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly peers: readonly Peer[];
  readonly rounds: number;
  readonly timing: Timing;
  readonly progress: (text: string) => void;
}

export async function measure({ scenarios, peers, rounds, timing, progress }: Plan): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = [];
  for (const [number, scenario] of scenarios.entries()) {
    const taking = peers.filter(({ name }) => scenario.peers.includes(name));
    const entries: Entry[] = taking.map(({ name }) => ({ peer: name, rounds: [], failures: [] }));
    setLoopback(scenario.keepsRuns ?? true);
    const roundsHere = Math.min(rounds, scenario.maxRounds ?? rounds);
    for (let round = 0; round < roundsHere; round++) {
      for (const [index, peer] of taking.entries()) {
        const told = await runOnce(scenario, peer, timing, entries[index]!);
        progress(`${number + 1}/${scenarios.length} ${scenario.id}, round ${round + 1}/${roundsHere}, ${peer.name}: ${told}`);
      }
    }
    measurements.push({ scenario, entries });
  }
  return measurements;
}

async function runOnce(scenario: Scenario, peer: Peer, timing: Timing, entry: Entry): Promise<string> {
  try {
    const outcome = await scenario.run(peer, timing);
    entry.rounds.push(outcome);
    const main = scenario.figures[0]!;
    return `${main} ${outcome[main]!.toPrecision(3)}`;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    entry.failures.push(reason);
    return `failed: ${reason}`;
  }
}

/** Returns the median of a figure over the rounds; undefined when no round has it. */
export function median(entry: Entry | undefined, figure: FigureName): number | undefined {
  const values = valuesOf(entry, figure);
  return values.length === 0 ? undefined : medianOf(values);
}

export function valuesOf(entry: Entry | undefined, figure: FigureName): number[] {
  return (entry?.rounds ?? []).flatMap((outcome) => outcome[figure] ?? []);
}

export function entryOf(measurements: readonly Measurement[], id: string, peer: PeerName): Entry | undefined {
  return measurements.find(({ scenario }) => scenario.id === id)?.entries.find((entry) => entry.peer === peer);
}
