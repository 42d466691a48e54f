// Runs other programs in a folder and an environment of their own, without blocking this one, which serves them packages.
import { spawn } from "node:child_process";

const LIMIT_MS = 180_000; // an installation from an empty cache takes seconds

/**
 * @typedef {object} Ending
 * @property {number} exitCode 128 when a signal ended it.
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * Runs a program to its end.
 *
 * @param {readonly [program: string, ...args: string[]]} command
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<Ending>}
 */
export function run([program, ...args], { cwd, env = process.env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], timeout: LIMIT_MS });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ exitCode: code ?? 128, stdout, stderr }));
  });
}

/**
 * Runs a program that must succeed.
 *
 * @param {readonly [program: string, ...args: string[]]} command
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<string>} What it printed on standard output.
 */
export async function runWell(command, options) {
  const { exitCode, stdout, stderr } = await run(command, options);
  if (exitCode !== 0) throw new Error(`"${command.join(" ")}" ended with ${exitCode}\n${stdout}${stderr}`);
  return stdout;
}
