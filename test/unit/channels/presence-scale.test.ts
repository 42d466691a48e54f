// The simulation of docs/many-nodes.md: its small sizes with every run of the tests; all of them, into a file, for scripts/presence-table.mjs.
import { appendFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { directoryBytes } from "../../support/presence/directory-bytes.js";
import { type PresenceFigures, type PresencePlan, simulatePresence } from "../../support/presence/presence-simulation.js";

const ROWS_FILE = process.env.GROUPCAST_PRESENCE_TABLE;
const SMALL: readonly PresencePlan[] = [
  { nodes: 10, observers: 5, steadyMs: 60_000 },
  { nodes: 100, observers: 5, steadyMs: 60_000 },
];
const LARGE: readonly PresencePlan[] = [
  { nodes: 1000, observers: 5, steadyMs: 300_000 },
  { nodes: 10_000, observers: 5, steadyMs: 300_000 },
];
const MOST_NODES = Number(process.env.GROUPCAST_PRESENCE_NODES ?? 10_000);
const LIMIT_MS = 1_800_000;
const MOST_BYTES_PER_SECOND = 20_000;
const SECOND_MS = 1000;

/** What holds at every size: the documented bounds, of a period that the number of nodes says. */
function expectBounds(figures: PresenceFigures): void {
  const { nodes, bytesPerSecond, crashMostMs, newcomerNodesMs, periodMs } = figures;
  expect(bytesPerSecond).toBeLessThan(MOST_BYTES_PER_SECOND);
  expect(crashMostMs).toBeLessThanOrEqual(periodMs > 2 * SECOND_MS ? 1.55 * periodMs + 1.2 * SECOND_MS : 3 * periodMs + 200);
  expect(newcomerNodesMs).toBeLessThanOrEqual(periodMs + SECOND_MS);
  expect(periodMs).toBe(nodes <= 120 ? SECOND_MS : Math.min(60_000, Math.round((nodes * 94) / 12)));
}

describe("a simulated network", () => {
  test.each(SMALL.map((plan) => [plan.nodes, plan] as const))("of %d nodes keeps the bounds of its size", async (_, plan) => {
    const figures = await simulatePresence(plan);
    expectBounds(figures);
    expect(figures.newcomerChannelsMs).toBeLessThanOrEqual(2 * SECOND_MS);
    expect(figures.allKnownMs).toBeLessThanOrEqual(2 * SECOND_MS);
  });

  test("of 10 nodes gives the same figures again", async () => {
    const [first, second] = [await simulatePresence(SMALL[0]!), await simulatePresence(SMALL[0]!)];
    expect({ ...second, cpuMsPerSecond: 0 }).toEqual({ ...first, cpuMsPerSecond: 0 });
  });

  if (ROWS_FILE === undefined) return;
  test("of each size gives a row of the table", { timeout: LIMIT_MS }, async () => {
    for (const plan of [...SMALL, ...LARGE].filter(({ nodes }) => nodes <= MOST_NODES)) {
      const figures = await simulatePresence(plan);
      expectBounds(figures);
      appendFileSync(ROWS_FILE, `${JSON.stringify({ ...figures, directoryBytes: directoryBytes(plan.nodes) })}\n`);
    }
  });
});
