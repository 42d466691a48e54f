// The program of a role of an exchange: what it says is compared between runs, so it says nothing that differs from run to run.
import { once } from "node:events";
import { writeSync } from "node:fs";

const STDOUT = 1;

/** What the partner that started first has told, or what the runner passes to the first one. */
export const given = JSON.parse(process.argv[2] ?? "{}");

/**
 * Settles when the partner is done: the runner then closes the standard input.
 *
 * @returns {Promise<void>}
 */
export async function partnerIsDone() {
  const ended = once(process.stdin, "end");
  process.stdin.resume();
  await ended;
}

/**
 * Says that this role is ready for its partner.
 *
 * @param {Record<string, unknown>} [facts] What the partner needs to know.
 */
export function ready(facts = {}) {
  write({ ready: facts });
}

/**
 * Says what was exchanged: a line that is the same in every run.
 *
 * @param {string} line
 */
export function say(line) {
  write({ said: line });
}

/** @param {unknown} message */
function write(message) {
  writeSync(STDOUT, `${JSON.stringify(message)}\n`); // at once, also when the process ends
}
