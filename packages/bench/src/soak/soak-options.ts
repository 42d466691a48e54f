/** Options of the command line of npm run soak. */
import { parseArgs } from "node:util";

export const HELP = `npm run soak [-- options]: a mixed load on both backends, with faults in between; says at the end whether anything leaks or gets lost.

  --minutes N      how long the load runs, 0.1 and more; default 3. Memory is judged from 1.5 minutes on
  --json           the result as one line of JSON, the last line of standard output
  --help           this text

Each backend runs in a process of its own, and both in a network namespace of their own, whose interfaces come and go. Where the system
allows no namespace, the interfaces stay as they are.

Exit code: 0 steady, 1 a leak or a loss, 2 wrong use.
`;

export interface SoakOptions {
  readonly action: "run" | "help";
  readonly minutes: number;
  readonly wantsJson: boolean;
}

const DEFAULT_MINUTES = "3";
const LEAST_MINUTES = 0.1;

/** Reads the command line. @throws Error that says what is wrong, for an option or a value that there is not. */
export function readSoakOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: DEFAULT_MINUTES },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const minutes = Number(values.minutes);
  if (!(minutes >= LEAST_MINUTES && minutes < Number.POSITIVE_INFINITY))
    throw new Error(`--minutes ${values.minutes}: a number from ${LEAST_MINUTES} on is needed`);
  return { action: values.help ? "help" : "run", minutes, wantsJson: values.json };
}
