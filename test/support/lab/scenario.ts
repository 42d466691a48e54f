// One promise, tried in the lab: what was sent, where it was seen, where it must not be seen, and whether the promise was kept.
import { appendFileSync } from "node:fs";

/** Names the file that collects the rows; without it nothing is kept. Set by `npm run lab`. */
export const REPORT_VARIABLE = "GROUPCAST_LAB_REPORT";

/** What is promised, and how it is tried. */
export interface Scenario {
  /** Shape: "TTL 0 stays on the host". */
  readonly promise: string;
  /** Who keeps it: "native", "dgram", "lab". */
  readonly keptBy: string;
  readonly sent: string;
  /** Places where it must be seen: "b/eth0". */
  readonly seenAt: readonly string[];
  readonly mustNotBeSeenAt: readonly string[];
}

/** One line of the report. */
export interface ScenarioRow extends Scenario {
  readonly outcome: "kept" | "broken";
  /** What was measured meanwhile: "resumed after 212 ms". */
  readonly measured: readonly string[];
  readonly tookMs: number;
}

/** What the body of a scenario can add to its row. */
export interface Notes {
  measured(text: string): void;
}

/**
 * Tries a promise: it is kept when the body comes to its end, and broken when it throws, which the test then does as well.
 *
 * @example
 * await scenario({ promise, keptBy: "native", sent: "TTL 0", seenAt: [], mustNotBeSeenAt: ["b/eth0"] }, async () => { … });
 */
export async function scenario(description: Scenario, body: (notes: Notes) => Promise<void>): Promise<void> {
  const startMs = performance.now();
  const measured: string[] = [];
  const row = (outcome: ScenarioRow["outcome"]): ScenarioRow => {
    return { ...description, outcome, measured, tookMs: Math.round(performance.now() - startMs) };
  };
  try {
    await body({ measured: (text) => measured.push(text) });
  } catch (error) {
    report(row("broken"));
    throw error;
  }
  report(row("kept"));
}

/** One line is one write: test files that run at once do not mix theirs. */
function report(row: ScenarioRow): void {
  const path = process.env[REPORT_VARIABLE];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(row)}\n`);
}
