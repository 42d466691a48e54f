// npm run lab [-- <vitest arguments>]: sets up what changed, runs the lab, and ends with a table of every promise and what was captured.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { ROOT } from "./command.mjs";
import { setUp } from "./setup.mjs";
import { runWithNetworks } from "./user-namespace.mjs";

/** The tests of the lab append their rows to this file, one line of JSON each; test/support/lab/scenario.ts names the variable. */
const REPORT_FILE = `${ROOT}.cache/lab-report.jsonl`;

/**
 * @typedef {object} Row
 * @property {string} promise
 * @property {string} keptBy
 * @property {string} sent
 * @property {readonly string[]} seenAt
 * @property {readonly string[]} mustNotBeSeenAt
 * @property {"kept" | "broken"} outcome
 * @property {readonly string[]} measured
 * @property {number} tookMs
 */

/** @type {readonly { title: string, width: number, cell: (row: Row) => string }[]} */
const COLUMNS = [
  { title: "outcome", width: 7, cell: (row) => (row.outcome === "kept" ? "kept" : "BROKEN") },
  { title: "promise", width: 36, cell: (row) => row.promise },
  { title: "kept by", width: 8, cell: (row) => row.keptBy },
  { title: "sent", width: 34, cell: (row) => row.sent },
  { title: "seen at", width: 16, cell: (row) => row.seenAt.join(", ") || "–" },
  { title: "must not be at", width: 16, cell: (row) => row.mustNotBeSeenAt.join(", ") || "–" },
  { title: "measured", width: 24, cell: (row) => [...row.measured, `${row.tookMs} ms in all`].join(", ") },
];

setUp();
mkdirSync(`${ROOT}.cache`, { recursive: true });
writeFileSync(REPORT_FILE, "");
process.env.GROUPCAST_LAB_REPORT = REPORT_FILE;
process.exitCode = runWithNetworks(process.execPath, [
  "node_modules/vitest/vitest.mjs",
  "run",
  "--project",
  "lab",
  ...process.argv.slice(2),
]);
printTable(readRows());
rmSync(REPORT_FILE);

/** @returns {Row[]} */
function readRows() {
  const lines = readFileSync(REPORT_FILE, "utf8").split("\n");
  return lines.filter(Boolean).map((line) => JSON.parse(line));
}

/** @param {readonly Row[]} rows */
function printTable(rows) {
  const rule = COLUMNS.map(({ width }) => "-".repeat(width)).join("-+-");
  const broken = rows.filter((row) => row.outcome === "broken").length;
  const blocks = rows.map((row) => linesOf(COLUMNS.map(({ cell, width }) => wrap(cell(row), width))));
  const heading = linesOf(COLUMNS.map(({ title }) => [title]));
  console.log(["", heading, ...blocks].join(`\n${rule}\n`));
  console.log(`\n${rows.length - broken} promises kept, ${broken} broken`);
}

/**
 * Puts the cells of a row side by side.
 *
 * @param {readonly (readonly string[])[]} cells The lines of each.
 */
function linesOf(cells) {
  const height = Math.max(...cells.map((lines) => lines.length));
  const line = (/** @type {number} */ n) => COLUMNS.map(({ width }, column) => (cells[column]?.[n] ?? "").padEnd(width)).join(" | ");
  return Array.from({ length: height }, (_, n) => line(n).trimEnd()).join("\n");
}

/**
 * Breaks a text into lines at its spaces.
 *
 * @param {string} text
 * @param {number} width A longer word has a line of its own.
 * @returns {string[]}
 */
function wrap(text, width) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
