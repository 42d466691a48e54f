// Starts an example as a reader of its first comment does, and knows what it is expected to print.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BackendName } from "../support/backends.js";
import { ChildProgram, type ChildProgramOptions, type Ending } from "../support/child-program.js";

const LIFETIME_LIMIT_MS = 30_000; // they take a second or two; on a crowded machine, their peers alone take several
const EXAMPLES = new URL("../../examples/", import.meta.url);

/** Starts the compiled `main.ts` of an example. @param args - Mostly one: the number it listens on or writes to. */
export function play(example: string, backend: BackendName, ...args: readonly (string | number)[]): ChildProgram {
  const given = args.length === 0 ? [0] : args;
  return new ChildProgram(process.execPath, [compiled(example), ...given.map(String)], onBackend(backend));
}

/** Starts an example behind a Python program of its folder, which becomes it. */
export function playBehind(script: string, example: string, backend: BackendName): ChildProgram {
  const args = [pathOf(`${example}/${script}`), "0", process.execPath, compiled(example)];
  return new ChildProgram("python3", args, onBackend(backend));
}

/** The port that a running example has printed. */
export async function portOf(program: ChildProgram): Promise<number> {
  const [, port] = await program.line(/port (\d+)/);
  return Number(port);
}

/** What a file of an example says it prints, with `<port>` filled in. */
export function expectedOutput(example: string, port: number | undefined, file = "expected.txt"): string {
  return readFileSync(pathOf(`${example}/${file}`), "utf8").replaceAll("<port>", String(port));
}

/** The ending of an example that did what it says. */
export function wellEnded(example: string, port?: number, file?: string): Ending {
  return { exitCode: 0, signal: null, stdout: expectedOutput(example, port, file), stderr: "" };
}

/**
 * The same ending with what differs from run to run replaced, as `expected.txt` has it.
 *
 * @param patterns - By placeholder, without its brackets: what it stands for.
 */
export function withPlaceholders({ stdout, ...ending }: Ending, patterns: Readonly<Record<string, RegExp>>): Ending {
  const shown = Object.entries(patterns).reduce((text, [name, pattern]) => text.replaceAll(pattern, `<${name}>`), stdout);
  return { ...ending, stdout: shown };
}

function onBackend(backend: BackendName): ChildProgramOptions {
  return { env: { GROUPCAST_BACKEND: backend }, lifetimeLimitMs: LIFETIME_LIMIT_MS };
}

function compiled(example: string): string {
  return pathOf(`dist/${example}/main.js`);
}

function pathOf(path: string): string {
  return fileURLToPath(new URL(path, EXAMPLES));
}
