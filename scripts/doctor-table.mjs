// node scripts/doctor-table.mjs: runs the lab of `groupcast doctor`, and writes the table of what it found into docs/nothing-arrives.md.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fail, ROOT, runVisibly } from "./command.mjs";
import { setUp } from "./setup.mjs";
import { runWithNetworks } from "./user-namespace.mjs";

const PAGE = `${ROOT}docs/nothing-arrives.md`;
const ROWS_FILE = `${ROOT}.cache/doctor-table.jsonl`; // test/lab/doctor.test.ts names the variable
const TABLE = /(<!-- table of scripts\/doctor-table\.mjs -->\n)[\s\S]*?(<!-- end of the table -->)/;

/**
 * @typedef {object} Evidence
 * @property {string} fact
 * @property {string | number} value
 * @property {number} [before]
 */

/**
 * @typedef {object} Row
 * @property {string} setUp
 * @property {{ cause: string, title: string, likelihood: string, evidence: readonly Evidence[] }} finding
 * @property {number} durationMs
 */

setUp();
mkdirSync(`${ROOT}.cache`, { recursive: true });
writeFileSync(ROWS_FILE, "");
process.env.GROUPCAST_DOCTOR_TABLE = ROWS_FILE;
const ALONE = "--maxConcurrency=1"; // the page says how long a verdict takes on a host that does nothing else
const status = runWithNetworks(process.execPath, [
  "node_modules/vitest/vitest.mjs",
  "run",
  "--project",
  "lab",
  ALONE,
  "test/lab/doctor.test.ts",
]);
if (status !== 0) fail("the lab of the doctor failed: the page is as it was");
const lines = readFileSync(ROWS_FILE, "utf8").split("\n").filter(Boolean);
rmSync(ROWS_FILE);
const rows = lines.map((line) => rowText(JSON.parse(line)));
const table = ["| what was done | verdict | evidence | s |", "| --- | --- | --- | --- |", ...rows].join("\n");
writeFileSync(
  PAGE,
  readFileSync(PAGE, "utf8").replace(TABLE, (_, start, end) => `${start}\n${table}\n\n${end}`),
);
runVisibly(process.execPath, ["node_modules/@biomejs/biome/bin/biome", "format", "--write", PAGE]);

/** @param {Row} row */
function rowText({ setUp: done, finding: { cause, likelihood, title, evidence }, durationMs }) {
  const seen = evidence.slice(0, 2).map(evidenceText).join("; ");
  return `| ${cell(done)} | ${likelihood}: ${title} (\`${cause}\`) | ${cell(seen)} | ${(durationMs / 1000).toFixed(1)} |`;
}

/** @param {Evidence} evidence */
function evidenceText({ fact, value, before }) {
  return before === undefined ? `${fact}: ${value}` : `${fact}: ${before} → ${value}`;
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll("|", "\\|");
}
