// A step of the set-up: runs when what it depends on changed since it last succeeded, and says how long it took.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { performance } from "node:perf_hooks";
import { fail, ROOT, runQuietly } from "./command.mjs";

/**
 * @typedef {object} Step
 * @property {string} title What it does, as the first words of its progress line.
 * @property {string} stamp File that remembers the fingerprint of the last success. Relative to the repository.
 * @property {string} fingerprint
 * @property {() => boolean} isComplete Whether everything the step makes is there; a stamp alone may outlive it.
 * @property {readonly [program: string, ...args: string[]]} command
 * @property {boolean} [saysSomething] Whether what it prints on success is for the user, and ends the progress line.
 * @property {string} remedy What to do when it fails.
 */

/**
 * Runs a step unless its stamp says that nothing changed. Ends the script when the step fails.
 *
 * @param {Step} step
 */
export function runStep(step) {
  if (readStamp(step.stamp) === step.fingerprint && step.isComplete()) return;
  const startMs = performance.now();
  process.stdout.write(`${step.title} … `);
  rmSync(ROOT + step.stamp, { force: true });
  const [program, ...args] = step.command;
  const { succeeded, output } = runQuietly(program, args);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const hasNews = succeeded && step.saysSomething && output !== "";
  process.stdout.write(hasNews ? `${output}\n` : `${succeeded ? "done" : "failed"} in ${seconds} s\n`);
  if (!succeeded) fail(`${output}\n\nCannot continue: "${step.command.join(" ")}" failed. ${step.remedy}`);
  if (step.isComplete()) writeStamp(step);
}

/** @param {string} stamp */
function readStamp(stamp) {
  try {
    return readFileSync(ROOT + stamp, "utf8");
  } catch {
    return undefined; // never succeeded here: the step runs
  }
}

/** @param {Step} step */
function writeStamp({ stamp, fingerprint }) {
  mkdirSync(dirname(ROOT + stamp), { recursive: true });
  writeFileSync(ROOT + stamp, fingerprint);
}
