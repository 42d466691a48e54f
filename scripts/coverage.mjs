// npm run coverage [-- <vitest arguments>]: runs the tests, and shows which lines and branches of the packages have never run.
//
// V8 counts in each process that a test starts, children and workers, too (NODE_V8_COVERAGE). Meanwhile the packages export their compiled
// modules in place of the bundles, so that each source has one file that counts for it. A few tests fail by that, as they replace modules, or
// look at the stacks or at the memory of bundles. Gates nothing.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fail, ROOT, runVisibly } from "./command.mjs";
import { coveredPlaces } from "./covered/covered-places.mjs";
import { printReport } from "./covered/report.mjs";
import { compiledPackages } from "./fingerprint.mjs";
import { setUp } from "./setup.mjs";
import { runWithNetworks } from "./user-namespace.mjs";

const FOLDER = `${ROOT}.cache/coverage/`;
const PROJECTS = ["unit", "compliance", "interop", "examples", "attack"].flatMap((name) => ["--project", name]);

const HELP = `npm run coverage [-- options]: runs the tests, and lists the lines and branches of the packages that have never run. Gates nothing.
  <part of a path>    only the tests whose paths contain it
  --project NAME      only this project: unit, compliance, interop, examples, attack, lab …; may be repeated. Default: the five first
  --help              this text
All else goes to vitest. Where tests fail, what they would have run is missing from the list. Exit code: 0, or 1 when no line has run.
`;

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) {
  process.stdout.write(HELP);
  process.exit(0);
}
process.on("SIGINT", () => {}); // the tests end by it, and what follows puts the bundles back

setUp();
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
for (const folder of compiledPackages()) unbundle(`${ROOT}${folder}/dist/`);
process.env.GROUPCAST_COVERAGE = "1"; // vitest.config.ts: tests of single modules import the compiled ones
process.env.NODE_V8_COVERAGE = FOLDER;
const projects = args.includes("--project") ? [] : PROJECTS;
const status = runWithNetworks(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...projects, ...args]);
delete process.env.NODE_V8_COVERAGE;
runVisibly(process.execPath, ["scripts/bundle.mjs"]);
const places = coveredPlaces(FOLDER);
if (![...places.values()].some((known) => known.some(({ hasRun }) => hasRun))) fail("No test ran: see above.");
printReport(places);
if (status !== 0) process.stdout.write("\nSome tests failed: what they would have run is missing above.\n");

/** Lets what the package exports lead to its single modules. @param {string} dist */
function unbundle(dist) {
  const defaultExport = /\bas default\b/.test(readFileSync(`${dist}index.js`, "utf8")) ? 'export { default } from "./index.js";\n' : "";
  writeFileSync(`${dist}bundle.js`, `export * from "./index.js";\n${defaultExport}`);
  if (existsSync(`${dist}node.bundle.js`)) writeFileSync(`${dist}node.bundle.js`, 'export * from "./index.js";\n');
  if (existsSync(`${dist}register.cjs`)) writeFileSync(`${dist}register.cjs`, 'require("./register.js");\n');
}
