// Runs the programs beside this file as processes of their own: in a namespace of their own, or with descriptors of another program.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const DEADLINE_MS = 8_000;

/** Whether `command` ends well: for what only some hosts have. */
export function canRun(command: string, ...args: readonly string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  );
}

/** Runs a program. @returns The JSON it printed. */
export async function runProgram(program: string, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [pathOf(program), ...args], { timeout: DEADLINE_MS });
  return JSON.parse(stdout);
}

/** Runs a program in a network namespace of its own, after `setUp` has run there. @returns The JSON it printed. */
export async function runIsolated(program: string, setUp: string): Promise<unknown> {
  const { stdout } = await run("unshare", isolated(setUp, process.execPath, pathOf(program)), { timeout: DEADLINE_MS });
  return JSON.parse(stdout);
}

/** Runs a program with room for few descriptors, which it uses up quickly. @returns The JSON it printed. */
export async function runWithFewDescriptors(program: string): Promise<unknown> {
  const { stdout } = await run("sh", ["-c", 'ulimit -n 64 && exec "$@"', "sh", process.execPath, pathOf(program)], {
    timeout: DEADLINE_MS,
  });
  return JSON.parse(stdout);
}

/** Arguments of unshare(1) for a command in a network namespace of its own. */
export function isolated(setUp: string, ...command: readonly string[]): string[] {
  return ["-n", "sh", "-c", `${setUp} && exec "$@"`, "sh", ...command];
}

/** Lets a Python program open descriptor 3 and become the Node program then, as systemd starts its services. */
export async function runInheriting(opened: string, program: string, ...args: readonly string[]): Promise<unknown> {
  const script = `import os, socket, sys\n${opened}\nos.dup2(s.fileno(), 3)\nos.set_inheritable(3, True)\nos.execv(sys.argv[1], sys.argv[1:])`;
  const { stdout } = await run("python3", ["-c", script, process.execPath, pathOf(program), ...args], { timeout: DEADLINE_MS });
  return JSON.parse(stdout);
}

function pathOf(program: string): string {
  return fileURLToPath(new URL(`programs/${program}`, import.meta.url));
}
