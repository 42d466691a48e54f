// Runs one of the programs of this folder in a process of its own: one that is starved, or that may die.
import { fileURLToPath } from "node:url";
import { ChildProgram, type ChildProgramOptions, type Ending } from "../../support/child-program.js";
import { compileProgram } from "../../support/lab/compile-program.js";

const FOLDER = fileURLToPath(new URL("../programs/", import.meta.url));

/** How a program is run. */
export interface AttackOptions extends ChildProgramOptions {
  /** Command line that runs the command line after it, such as `["unshare", "--net"]`. */
  readonly under?: readonly string[];
  /** Options of Node. */
  readonly nodeOptions?: readonly string[];
}

/** Runs a program to its end, however it ends. */
export async function runToAnyEnd(name: string, args: readonly string[], options: AttackOptions = {}): Promise<Ending> {
  const { under = [], nodeOptions = [] } = options;
  const [command = "", ...rest] = [...under, process.execPath, ...nodeOptions, compileProgram(FOLDER + name), ...args];
  await using program = new ChildProgram(command, rest, options);
  return await program.ended;
}

/** Runs a program that has to end by itself, and returns the JSON that it printed. */
export async function runAttack(name: string, args: readonly string[], options?: AttackOptions): Promise<unknown> {
  const { exitCode, signal, stdout, stderr } = await runToAnyEnd(name, args, options);
  if (exitCode !== 0) throw new Error(`${name} ${args.join(" ")} ended with ${signal ?? exitCode}\n${stdout}${stderr}`);
  return JSON.parse(stdout);
}
