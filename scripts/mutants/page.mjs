// docs/mutants.md: the table of scores, and the survivors. What it says of files that were not run again stays.
import { readFileSync, writeFileSync } from "node:fs";
import { ROOT } from "../command.mjs";

const PAGE = `${ROOT}docs/mutants.md`;

/** @typedef {{ readonly title: string, readonly head: readonly string[] }} Table */

/** @type {Table} */
const SCORES = {
  title: "scores",
  head: ["| file | mutants | equivalent | run | killed | score | date | commit |", "| --- | --- | --- | --- | --- | --- | --- | --- |"],
};
/** @type {Table} */
const SURVIVORS = { title: "survivors", head: ["| file | mutant |", "| --- | --- |"] };

/**
 * Writes what a run has found of one file. `commit` is the last one that changed the file.
 *
 * @param {{ path: string, commit: string, mutants: number, equivalent: number, verdicts: readonly import("./results.mjs").Verdict[] }} result
 */
export function recordResults({ path, commit, mutants, equivalent, verdicts }) {
  if (verdicts.length === 0) return;
  const name = path.replace("packages/", "").replace("/src/", "/");
  const survivors = verdicts.filter(({ killer }) => killer === undefined);
  const killed = verdicts.length - survivors.length;
  const score = `${Math.floor((100 * killed) / verdicts.length)} %`;
  const date = new Date().toISOString().slice(0, 10);
  const cells = [`\`${name}\``, mutants, equivalent, verdicts.length, killed, score, date, commit];
  const page = replaceRows(readFileSync(PAGE, "utf8"), SCORES, name, [`| ${cells.join(" | ")} |`]);
  const rows = survivors.map(({ what }) => `| \`${name}\` | ${what.replaceAll("|", "\\|")} |`);
  writeFileSync(PAGE, replaceRows(page, SURVIVORS, name, rows));
}

/**
 * Replaces the rows of one file in a table between two marks.
 *
 * @param {string} page
 * @param {Table} table
 * @param {string} name
 * @param {readonly string[]} rows
 */
function replaceRows(page, { title, head }, name, rows) {
  const [begin, end] = [`<!-- begin: ${title}, written by npm run mutants -->`, `<!-- end: ${title} -->`];
  const [before = "", rest = ""] = page.split(begin);
  const [content = "", after = ""] = rest.split(end);
  const others = content.split("\n").filter((line) => line.startsWith("| `") && !line.startsWith(`| \`${name}\``));
  const all = [...others, ...rows].sort();
  return `${before}${begin}\n\n${[...head, ...all].join("\n")}\n\n${end}${after}`;
}
