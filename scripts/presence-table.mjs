// node scripts/presence-table.mjs [most nodes]: simulates networks of 10 to 10,000 nodes, and writes the table of what presence costs into
// docs/many-nodes.md. With 1000 it takes a minute or two, and the rows of larger networks stay as they are.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fail, ROOT, runVisibly } from "./command.mjs";
import { setUp } from "./setup.mjs";

const PAGE = `${ROOT}docs/many-nodes.md`;
const ROWS_FILE = `${ROOT}.cache/presence-table.jsonl`; // test/unit/channels/presence-scale.test.ts names the variable
const TABLE = /(<!-- table of scripts\/presence-table\.mjs -->\n)[\s\S]*?(<!-- end of the table -->)/;
const MOST_NODES = Number(process.argv[2] ?? 10_000);
const MEBIBYTE = 1024 * 1024;

/**
 * One size of network, as the test writes it.
 *
 * @typedef {"nodes" | "observers" | "periodMs" | "bytesPerSecond" | "mostBytesInASecond" | "startBytes" | "cpuMsPerSecond" | "directoryBytes"} Cost
 * @typedef {"allKnownMs" | "newcomerNodesMs" | "newcomerChannelsMs" | "crashMedianMs" | "crashMostMs"} Delay
 * @typedef {Record<Cost | Delay, number>} Row
 */

/** @type {readonly (readonly [string, (row: Row) => string])[]} */
const COLUMNS = [
  ["nodes", ({ nodes }) => nodes.toLocaleString("en")],
  ["real", ({ observers }) => String(observers)],
  ["period", ({ periodMs }) => seconds(periodMs)],
  ["kB/s", ({ bytesPerSecond }) => kilobytes(bytesPerSecond)],
  ["most in a second", ({ mostBytesInASecond }) => `${kilobytes(mostBytesInASecond)} kB`],
  ["at the start", ({ startBytes }) => `${kilobytes(startBytes)} kB`],
  ["CPU", ({ cpuMsPerSecond }) => `${cpuMsPerSecond.toFixed(1)} ms/s`],
  ["memory", ({ directoryBytes }) => `${(directoryBytes / MEBIBYTE).toFixed(2)} MiB`],
  ["all know all", ({ allKnownMs }) => seconds(allKnownMs)],
  ["newcomer: nodes", ({ newcomerNodesMs }) => seconds(newcomerNodesMs)],
  ["channels", ({ newcomerChannelsMs }) => seconds(newcomerChannelsMs)],
  ["crash, median", ({ crashMedianMs }) => seconds(crashMedianMs)],
  ["crash, longest", ({ crashMostMs }) => seconds(crashMostMs)],
];

setUp();
mkdirSync(`${ROOT}.cache`, { recursive: true });
writeFileSync(ROWS_FILE, "");
process.env.GROUPCAST_PRESENCE_TABLE = ROWS_FILE;
process.env.GROUPCAST_PRESENCE_NODES = String(MOST_NODES);
const status = runVisibly(process.execPath, [
  "node_modules/vitest/vitest.mjs",
  "run",
  "--project",
  "unit",
  "test/unit/channels/presence-scale.test.ts",
]);
if (status !== 0) fail("the simulation failed: the page is as it was");
const rows = readFileSync(ROWS_FILE, "utf8").split("\n").filter(Boolean);
rmSync(ROWS_FILE);
const page = readFileSync(PAGE, "utf8");
const lines = [COLUMNS.map(([head]) => head), COLUMNS.map(() => "---"), ...rows.map((row) => cells(JSON.parse(row)))];
const table = [...lines.map((line) => `| ${line.join(" | ")} |`), ...largerRows(page)].join("\n");
writeFileSync(
  PAGE,
  page.replace(TABLE, (_, start, end) => `${start}\n${table}\n\n${end}`),
);
runVisibly(process.execPath, ["node_modules/@biomejs/biome/bin/biome", "format", "--write", PAGE]);

/**
 * Returns the rows of the page whose networks were not simulated.
 *
 * @param {string} page
 */
function largerRows(page) {
  const rows = TABLE.exec(page)?.[0].match(/^\| [\d,]+ .*$/gm) ?? [];
  return rows.filter((row) => Number(row.split("|")[1]?.replaceAll(",", "")) > MOST_NODES);
}

/** @param {Row} row */
function cells(row) {
  return COLUMNS.map(([, text]) => text(row));
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return (bytes / 1000).toFixed(1);
}
