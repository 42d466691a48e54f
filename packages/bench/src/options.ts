/** Options of the command line. */
import { parseArgs } from "node:util";
import { PEERS } from "./peers.js";
import type { Timing } from "./runs.js";
import { SCENARIOS } from "./scenarios.js";

export const HELP = `npm run bench [-- options]: Groupcast beside what people would use instead, on loopback.

  --quick          fewer scenarios, shorter runs (warmed up as long): some five minutes; writes no page
  --only A,B       scenarios whose names start with A or B: receive, send, echo, ports, groups, fan-out, memory, start, timers,
                   workers, stress
  --peers A,B      these peers only
  --rounds N       rounds; the peers of a scenario take turns in each
  --json FILE      every figure of every round
  --page           write docs/benchmarks.md also after a partial run
  --list           name scenarios and peers
  --help           this text

Without options it takes three quarters of an hour, and begins with npm run bench:memory (the network in memory) and npm run bench:channels
(channels and relays), which run alone, too. npm run bench:peers installs the peers that are missing (packages of npm and Debian).
`;

export interface Options {
  readonly isQuick: boolean;
  readonly only: readonly string[] | undefined;
  readonly peers: readonly string[] | undefined;
  readonly rounds: number;
  readonly jsonFile: string | undefined;
  readonly writesPage: boolean;
  readonly action: "run" | "help" | "list";
}

const ROUNDS = 3;
const QUICK_ROUNDS = 2;

/** A short run is warmed up as long as the whole one, so that its figures are not of a cold program. Only the counted part is shorter. */
const WARM_S = 0.5;
const MEASURED_S = 1;
const QUICK_MEASURED_S = 0.4;

export function timingOf({ isQuick }: Pick<Options, "isQuick">): Timing {
  return { warmS: WARM_S, measuredS: isQuick ? QUICK_MEASURED_S : MEASURED_S };
}

/** Reads the command line. @throws Error with the known options, for an unknown one. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      peers: { type: "string" },
      rounds: { type: "string" },
      json: { type: "string" },
      page: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const isPartial = values.quick || values.only !== undefined || values.peers !== undefined;
  return {
    isQuick: values.quick,
    only: namesIn("--only", values.only, (start) => SCENARIOS.some(({ id }) => id.startsWith(start))),
    peers: namesIn("--peers", values.peers, (peer) => PEERS.some(({ name }) => name === peer)),
    rounds: wholeNumber("--rounds", values.rounds ?? String(values.quick ? QUICK_ROUNDS : ROUNDS)),
    jsonFile: values.json,
    writesPage: values.page || !isPartial,
    action: values.help ? "help" : values.list ? "list" : "run",
  };
}

function namesIn(option: string, list: string | undefined, isKnown: (name: string) => boolean): readonly string[] | undefined {
  const names = list?.split(",");
  const stranger = names?.find((name) => !isKnown(name));
  if (stranger !== undefined) throw new Error(`${option} ${stranger}: there is none; --list names those that are`);
  return names;
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} ${text}: a whole number from 1 on is needed`);
  return value;
}
