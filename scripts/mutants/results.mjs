// What runs have found, kept between runs: so that after a new test only the survivors have to be run again.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { ROOT } from "../command.mjs";

const FOLDER = `${ROOT}.cache/mutants-results/`;

/** @typedef {{ what: string, killer: string | undefined }} Verdict */

/**
 * Returns the verdicts of the last run on a file; none when its text has changed since.
 *
 * @param {string} path
 * @param {string} text
 * @returns {Map<string, Verdict>} By the mutant's description.
 */
export function verdictsOf(path, text) {
  const file = fileOf(path);
  if (!existsSync(file)) return new Map();
  const { fingerprint, verdicts } = JSON.parse(readFileSync(file, "utf8"));
  return new Map(fingerprint === digest(text) ? verdicts.map((/** @type {Verdict} */ verdict) => [verdict.what, verdict]) : []);
}

/**
 * Keeps the verdicts of a run.
 *
 * @param {string} path
 * @param {string} text
 * @param {readonly Verdict[]} verdicts
 */
export function keepVerdicts(path, text, verdicts) {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(fileOf(path), JSON.stringify({ fingerprint: digest(text), verdicts }, undefined, 1));
}

/** @param {string} path */
function fileOf(path) {
  return `${FOLDER}${path.replaceAll("/", "-")}.json`;
}

/** @param {string} text */
function digest(text) {
  return createHash("sha256").update(text).digest("hex");
}
