/** Compiles the programs that need it into .cache/bench; skips those that are newer than their sources. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { BUILT, SOURCES } from "./folders.js";

/** Compiles `<name>.c`; returns the reason for a failure, undefined on success. */
export function buildC(name: string): string | undefined {
  const compilers = ["cc", "gcc", "clang"].map(
    (compiler) => [compiler, "-O2", "-Wall", "-o", BUILT + name, `${SOURCES}c/${name}.c`] as const,
  );
  return build(BUILT + name, `${SOURCES}c`, compilers);
}

export function buildGo(): string | undefined {
  return build(`${BUILT}go`, `${SOURCES}go`, [["go", "build", "-o", `${BUILT}go`, "."]]);
}

type Command = readonly [program: string, ...args: string[]];

function build(output: string, sources: string, commands: readonly Command[], cwd: string = sources): string | undefined {
  if (isCurrent(output, sources)) return undefined;
  mkdirSync(BUILT, { recursive: true });
  let reason = "";
  for (const [program, ...args] of commands) {
    const { status, stderr, error } = spawnSync(program, args, { cwd, encoding: "utf8" });
    if (status === 0) return undefined;
    reason ||= error === undefined ? stderr.trim() : `no ${program} on PATH`;
  }
  return reason;
}

function isCurrent(output: string, sources: string): boolean {
  if (!existsSync(output)) return false;
  const builtMs = statSync(output).mtimeMs;
  return readdirSync(sources).every((file) => statSync(`${sources}/${file}`).mtimeMs < builtMs);
}
