// The report of npm run coverage: a table of packages and files, then every branch that has never run, with its line.
import { readFileSync } from "node:fs";
import { ROOT } from "../command.mjs";

/** Packages whose files are tools, and no part of what people install. */
const TOOLS = new Set(["bench"]);

/**
 * A stretch of a source that has never run.
 *
 * @typedef {{ line: number, lines: number, text: string }} Branch
 * @typedef {{ file: string, run: number, all: number, branches: readonly Branch[] }} FileCoverage
 */

/** @param {import("./covered-places.mjs").Places} places */
export function printReport(places) {
  const files = [...places].map(([file, known]) => fileCoverage(file, known)).filter(({ all }) => all > 0);
  const packages = [...groups(files)].filter(([name]) => !TOOLS.has(name)).sort();
  process.stdout.write("\nLines that have run\n");
  for (const [name, members] of packages) {
    process.stdout.write(`\n${row(name, members)}\n`);
    for (const member of members.sort((a, b) => a.file.localeCompare(b.file)))
      process.stdout.write(`${row(`  ${nameIn(member)}`, [member])}\n`);
  }
  process.stdout.write("\nBranches that have never run\n");
  for (const { file, branches } of packages.flatMap(([, members]) => members))
    for (const branch of branches) process.stdout.write(`${lineOf(file, branch)}\n`);
  process.stdout.write(
    `\n${row(
      "all packages",
      packages.flatMap(([, members]) => members),
    )}\n`,
  );
}

/** @param {readonly FileCoverage[]} files @returns {Map<string, FileCoverage[]>} */
function groups(files) {
  /** @type {Map<string, FileCoverage[]>} */
  const found = new Map();
  for (const file of files) found.set(packageOf(file), [...(found.get(packageOf(file)) ?? []), file]);
  return found;
}

/** @param {string} file @param {readonly import("./covered-places.mjs").Place[]} places @returns {FileCoverage} */
function fileCoverage(file, places) {
  const text = readFileSync(ROOT + file, "utf8").split("\n");
  const isCode = (/** @type {number} */ line) => /\w/.test(String(text[line - 1])); // brackets alone are nobody's
  const lines = new Set(places.map(({ line }) => line).filter(isCode));
  const run = new Set(places.filter(({ line, hasRun }) => hasRun && isCode(line)).map(({ line }) => line));
  return { file, run: run.size, all: lines.size, branches: branchesOf(places, text) };
}

/** Neighbours that have not run are one branch. @param {readonly import("./covered-places.mjs").Place[]} places @param {readonly string[]} text */
function branchesOf(places, text) {
  const branches = [];
  for (let at = 0; at < places.length; at++) {
    const first = /** @type {import("./covered-places.mjs").Place} */ (places[at]);
    if (first.hasRun) continue;
    while (places[at + 1]?.hasRun === false) at++;
    const last = /** @type {import("./covered-places.mjs").Place} */ (places[at]);
    const code = String(text[first.line - 1])
      .slice(first.column)
      .trim();
    if (/\w/.test(code)) branches.push({ line: first.line, lines: last.line - first.line + 1, text: code });
  }
  return branches;
}

/** @param {FileCoverage} coverage */
function packageOf({ file }) {
  return String(file.split("/")[1]);
}

/** @param {FileCoverage} coverage */
function nameIn({ file }) {
  return file.split("/").slice(3).join("/");
}

/** @param {string} title @param {readonly FileCoverage[]} files */
function row(title, files) {
  const sum = (/** @type {(file: FileCoverage) => number} */ of) => files.reduce((total, file) => total + of(file), 0);
  const [run, all, branches] = [sum(({ run }) => run), sum(({ all }) => all), sum(({ branches }) => branches.length)];
  const share = `${((100 * run) / all).toFixed(1)} %`;
  return `${title.padEnd(44)} ${share.padStart(8)}  ${`${run} of ${all} lines`.padStart(20)}  ${`${branches} branches never`.padStart(20)}`;
}

/** @param {string} file @param {Branch} branch */
function lineOf(file, { line, lines, text }) {
  return `${file}:${line}${lines > 1 ? ` and ${lines - 1} more` : ""}: ${text}`;
}
