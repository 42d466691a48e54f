// Foreign programs: those beside this file, in Python, and socat.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ChildProgram } from "../support/child-program.js";
import type { Probe } from "../support/probe.js";

const DEBIAN_PYTHON = "/usr/bin/python3"; // the one that python3-twisted is installed for, whatever else is on PATH
const PYTHON = existsSync(DEBIAN_PYTHON) ? DEBIAN_PYTHON : "python3";

export const hasPython: Probe = pythonRuns("--version", "there is no Python: apt-get install python3");
export const hasTwisted: Probe = pythonRuns("-cimport twisted", "Python has no Twisted: apt-get install python3-twisted");
export const hasStatsd: Probe = pythonRuns("-cimport statsd", "Python has no statsd: apt-get install python3-statsd");

/** Starts a program of this folder. Its last standard input, or a signal, ends it. */
export function startPython(program: string, ...args: readonly (string | number)[]): ChildProgram {
  return new ChildProgram(PYTHON, [fileURLToPath(new URL(program, import.meta.url)), ...args.map(String)]);
}

/** The port that a program says it listens on; it does so once it does listen. */
export async function portOf(program: ChildProgram): Promise<number> {
  const [, port] = await program.line(/^port (\d+)$/);
  return Number(port);
}

/** Waits for the end of a client. @returns What it printed, as JSON. @throws Error with what it said, when it failed. */
export async function resultOf(program: ChildProgram): Promise<unknown> {
  const { exitCode, stdout, stderr } = await program.ended;
  if (exitCode !== 0) throw new Error(`It ended with exit code ${exitCode}\n${stdout}${stderr}`);
  return JSON.parse(stdout);
}

function pythonRuns(argument: string, reason: string): Probe {
  let isAvailable: boolean | undefined;
  return async () => {
    isAvailable ??= spawnSync(PYTHON, [argument]).status === 0;
    return { isAvailable, reason };
  };
}
