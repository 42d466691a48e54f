// Runs the programs beside this file under the hook, each as a process of its own.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAMS = fileURLToPath(new URL("programs/", import.meta.url));
const LIFETIME_LIMIT_MS = 30_000;
const VARIABLES = ["GROUPCAST_ADDON", "GROUPCAST_BACKEND", "GROUPCAST_DGRAM", "NODE_DEBUG", "NODE_OPTIONS"] as const;

/** How a program ended, and what it printed. */
export interface HookedEnding {
  readonly exitCode: number | null;
  /** JSON of its last line; undefined when it printed nothing. */
  readonly printed: unknown;
  readonly stderr: string;
}

/** Runs `node <args>` in the folder of the programs, with an environment in which none of Groupcast's variables is set but those given. */
export function runNode(args: readonly string[], environment: Readonly<Record<string, string>> = {}): HookedEnding {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !(VARIABLES as readonly string[]).includes(name)));
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: PROGRAMS,
    encoding: "utf8",
    env: { ...inherited, ...environment },
    timeout: LIFETIME_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const lastLine = stdout.trimEnd().split("\n").at(-1)!;
  return { exitCode: status, printed: lastLine === "" ? undefined : JSON.parse(lastLine), stderr };
}
