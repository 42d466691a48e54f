/** Limits against the peers that a user of JavaScript would pick today: ahead of each in every scenario that it can run. */
import { FIGURES } from "./figures.js";
import type { Limit } from "./limits.js";
import type { PeerName } from "./peers.js";
import type { FigureName } from "./runs.js";
import type { Scenario } from "./scenario.js";
import { SCENARIOS } from "./scenarios.js";

const RIVALS: readonly PeerName[] = ["Bun", "udx-native", "Deno"];

/** Figures that are judged beside the first one of a scenario. */
const FURTHER: Readonly<Record<string, FigureName>> = {
  "echo-1": "p50Us",
  "echo-16": "perSecond",
  "echo-16-runs": "perSecond",
  "echo-256": "perSecond",
  "echo-256-runs": "perSecond",
};

/** Timers are no datagrams: they are shown, and have no limit. */
function isOfDatagrams({ id }: Scenario): boolean {
  return !id.startsWith("timers");
}

export const RIVAL_LIMITS: readonly Limit[] = SCENARIOS.filter(isOfDatagrams).flatMap((scenario) =>
  RIVALS.filter((rival) => scenario.peers.includes(rival)).flatMap((rival) => aheadOf(rival, scenario)),
);

function aheadOf(against: PeerName, { id, figures }: Scenario): readonly Limit[] {
  const further = FURTHER[id];
  const judged = further === undefined ? [figures[0]!] : [figures[0]!, further];
  return judged.map((figure): Limit => {
    const { title, isLessBetter } = FIGURES[figure];
    const bound = isLessBetter ? { atMost: 1 } : { atLeast: 1 };
    return { scenario: id, figure, ours: "groupcast", against, text: `${id}: ${title} ahead of ${against}`, ...bound };
  });
}
