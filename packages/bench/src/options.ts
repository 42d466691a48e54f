/** What can be said on the command line. */
import { parseArgs } from "node:util";

export const HELP = `npm run bench [-- options]: Groupcast beside what people would use instead, on loopback.

  --quick          fewer scenarios, shorter runs: under two minutes; writes no page
  --only NAME      scenarios whose name starts with NAME: receive, send, echo, ports, groups, fan-out, memory, start, timers, workers
  --peers A,B      these peers only
  --rounds N       rounds; the peers of a scenario take turns in each
  --json FILE      every figure of every round
  --page           write docs/benchmarks.md also after a partial run
  --list           name scenarios and peers
  --help           this text

npm run bench:peers installs the peers that are missing (Debian packages).
`;

export interface Options {
  readonly isQuick: boolean;
  readonly only: string | undefined;
  readonly peers: readonly string[] | undefined;
  readonly rounds: number;
  readonly jsonFile: string | undefined;
  readonly writesPage: boolean;
  readonly action: "run" | "help" | "list";
}

const ROUNDS = 3;
const QUICK_ROUNDS = 2;

/** Reads the command line; what it does not know, `parseArgs` refuses by a throw. */
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
    only: values.only,
    peers: values.peers?.split(","),
    rounds: Number(values.rounds ?? (values.quick ? QUICK_ROUNDS : ROUNDS)),
    jsonFile: values.json,
    writesPage: values.page || !isPartial,
    action: values.help ? "help" : values.list ? "list" : "run",
  };
}
