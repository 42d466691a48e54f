// Runs the native backend in a process of its own: in a network namespace, with options of Node, or with a foreign descriptor.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const DEADLINE_MS = 8_000;
const FOLDER = new URL("../unit/backend-native/programs/", import.meta.url);

/** Runs a program and returns the JSON it printed; fails when it ends badly. */
export async function runProgram(name: string, { nodeOptions = [], args = [] }: Partial<ProgramOptions> = {}): Promise<unknown> {
  const { stdout } = await run(process.execPath, [...nodeOptions, pathOf(name), ...args], { timeout: DEADLINE_MS });
  return JSON.parse(stdout);
}

export interface ProgramOptions {
  readonly nodeOptions: readonly string[];
  readonly args: readonly string[];
}

/** Runs a program in a network namespace of its own, after the commands of ip(8) in `setUp`. */
export async function runInNamespace(name: string, setUp: readonly string[] = []): Promise<unknown> {
  const commands = ["link set dev lo up", ...setUp].map((command) => `ip ${command}`).join(" && ");
  const shell = `${commands} && exec "$@"`;
  const { stdout } = await run("unshare", ["--net", "sh", "-c", shell, "sh", process.execPath, pathOf(name)], { timeout: DEADLINE_MS });
  return JSON.parse(stdout);
}

/** Lets Python open descriptor 3 (`s` in `opening`), and the program take its place, as service managers pass sockets. */
export async function runWithDescriptor(name: string, opening: string, ...args: readonly string[]): Promise<unknown> {
  const script = `import os, socket, struct, sys
${opening}
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.execv(sys.argv[1], sys.argv[1:])`;
  const { stdout } = await run("python3", ["-c", script, process.execPath, pathOf(name), ...args], { timeout: DEADLINE_MS });
  return JSON.parse(stdout);
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, FOLDER));
}
