// Runs other programs for the scripts in this folder, and ends with a sentence instead of a stack trace when one fails.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository, with a slash at the end. */
export const ROOT = fileURLToPath(new URL("../", import.meta.url));

const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024; // a compiler that reports every file stays well below

/**
 * Runs a program on this terminal and returns its exit code.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {number} 128 when a signal ended it, as it is not known to have succeeded.
 */
export function runVisibly(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: "inherit" });
  if (error) fail(`Cannot start ${program}: ${error.message}`);
  return status ?? 128;
}

/**
 * Runs a program and keeps what it prints.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {{ succeeded: boolean, output: string }} Standard output; after a failure standard error as well.
 */
export function runQuietly(program, args) {
  const shell = process.platform === "win32"; // npx is a .cmd file there, and only a shell starts those
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: ROOT, encoding: "utf8", maxBuffer: OUTPUT_LIMIT_BYTES, shell });
  if (error) return { succeeded: false, output: error.message };
  return status === 0 ? { succeeded: true, output: stdout.trim() } : { succeeded: false, output: `${stdout}${stderr}`.trim() };
}

/**
 * Ends the script with exit code 1.
 *
 * @param {string} message What went wrong and what to do about it.
 * @returns {never}
 */
export function fail(message) {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
}
