// Badges of the README: facts of the manifests, of the contracts and of the page of mutants.
import { readFileSync } from "node:fs";
import { ROOT } from "../command.mjs";
import { publishableFolders } from "../pack/tarballs.mjs";

const HEIGHT = 20;
const CHARACTER = 6.6; // width that one gets; textLength holds every font to it
const PADDING = 7;
const OURS = "@groupcast/";
const ROW = /^\| `[^|]+\| \d+ \| \d+ \| (\d+) \| (\d+) \| /gm; // of the table of scores: run, killed

/** Name of a badge → the words on it. */
const BADGES = /** @type {const} */ ({
  node: async () => ["Node", one("engines", ({ engines }) => engines.node.replace(/^>=/, "≥ "))],
  licence: async () => ["licence", one("license", ({ license }) => license)],
  dependencies: async () => ["depends on", foreignPackages().join(", ") || "nothing"],
  contracts: async () => ["contracts", await contracts()],
  mutants: async () => ["mutants killed", mutantsKilled()],
});

/** @returns {Promise<(readonly [name: string, file: string])[]>} */
export async function drawBadges() {
  return Promise.all(Object.entries(BADGES).map(async ([name, words]) => /** @type {const} */ ([name, badge(await words())])));
}

function manifests() {
  return publishableFolders().map((folder) => JSON.parse(readFileSync(`${ROOT}${folder}/package.json`, "utf8")));
}

/** What all packages say alike. @param {string} field @param {(manifest: any) => string} read */
function one(field, read) {
  const [said, ...others] = new Set(manifests().map(read));
  if (said === undefined || others.length > 0) throw new Error(`Packages differ in ${field}: ${[said, ...others].join(", ")}`);
  return said;
}

/** What is installed with "groupcast" that is not of this repository. */
function foreignPackages() {
  const needs = new Map(manifests().map(({ name, dependencies }) => [name, Object.keys(dependencies ?? {})]));
  const all = new Set(["groupcast"]);
  for (const name of all) for (const needed of needs.get(name) ?? []) all.add(needed); // a set shows what is added while it is walked
  return [...all].filter((name) => name !== "groupcast" && !name.startsWith(OURS));
}

async function contracts() {
  const { CONTRACTS } = await import("@groupcast/backend-compliance");
  return String(CONTRACTS.length);
}

/** Of all that have run, rounded down. */
function mutantsKilled() {
  const rows = [...readFileSync(`${ROOT}docs/mutants.md`, "utf8").matchAll(ROW)].map(([, run, killed]) => [Number(run), Number(killed)]);
  const sum = (/** @type {number} */ column) => rows.reduce((total, row) => total + (row[column] ?? 0), 0);
  return `${Math.floor((100 * sum(1)) / sum(0))} %`;
}

/** @param {readonly string[]} words */
function badge([what = "", value = ""]) {
  const [left, right] = [what, value].map((text) => Math.round(text.length * CHARACTER));
  const first = /** @type {number} */ (left) + 2 * PADDING;
  const width = first + /** @type {number} */ (right) + 2 * PADDING;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" role="img">
  <title>${what}: ${value}</title>
  <rect width="${width}" height="${HEIGHT}" rx="4" fill="#3d444d"/>
  <path d="M${first} 0 H${width - 4} a4 4 0 0 1 4 4 V${HEIGHT - 4} a4 4 0 0 1 -4 4 H${first} Z" fill="#0550ae"/>
  <g fill="#ffffff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11">
    <text x="${PADDING}" y="14" textLength="${left}">${what}</text>
    <text x="${first + PADDING}" y="14" textLength="${right}">${value}</text>
  </g>
</svg>
`;
}
