// Runs foreign programs to completion; whatever they say on standard error is part of the failure.
import { execFile } from "node:child_process";

const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024; // `ip -j` on a host with a thousand groups stays far below
const COMMAND_DEADLINE_MS = 10_000; // ip, nft and sysctl take milliseconds; this only bounds a hang

/** A foreign program that ended with a failure. */
export class CommandError extends Error {
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(commandLine: string, exitCode: number | undefined, stderr: string) {
    super(`Cannot run "${commandLine}": exit code ${exitCode ?? "none"}\n${stderr.trim()}`);
    this.name = "CommandError";
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/**
 * Runs a program and waits for its end.
 *
 * @param input - Text for its standard input, which is closed afterwards.
 * @returns What it printed on standard output.
 * @throws {@link CommandError} when it cannot be started, is killed, takes longer than 10 s, or exits with another code than 0.
 */
export function runCommand(command: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const limits = { maxBuffer: OUTPUT_LIMIT_BYTES, timeout: COMMAND_DEADLINE_MS };
    const child = execFile(command, args, limits, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const exitCode = typeof error.code === "number" ? error.code : undefined;
      reject(new CommandError([command, ...args].join(" "), exitCode, `${input}${stderr || error.message}`));
    });
    child.stdin?.on("error", () => {}); // EPIPE: the program ended before it read its input; its exit code says more
    child.stdin?.end(input);
  });
}
