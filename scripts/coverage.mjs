// npm run coverage [-- <vitest arguments>]: runs the tests, and shows which lines and branches of the packages have never run.
//
// V8 counts in each process that a test starts, children and workers, too (NODE_V8_COVERAGE). Meanwhile the packages export their compiled
// modules in place of the bundles, so that each source has one file that counts for it. A few tests fail by that, as they replace modules, or
// look at the stacks or at the memory of bundles. Gates nothing.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { ROOT, runVisibly } from "./command.mjs";
import { coveredPlaces } from "./covered/covered-places.mjs";
import { printReport } from "./covered/report.mjs";
import { compiledPackages } from "./fingerprint.mjs";
import { setUp } from "./setup.mjs";
import { runWithNetworks } from "./user-namespace.mjs";

const FOLDER = `${ROOT}.cache/coverage/`;
const PROJECTS = ["unit", "compliance", "interop", "examples", "attack"].flatMap((name) => ["--project", name]);

const args = process.argv.slice(2);
process.on("SIGINT", () => {}); // the tests end by it, and what follows puts the bundles back

setUp();
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
for (const folder of compiledPackages()) writeFileSync(`${ROOT}${folder}/dist/bundle.js`, 'export * from "./index.js";\n');
process.env.GROUPCAST_COVERAGE = "1"; // vitest.config.ts: tests of single modules import the compiled ones
process.env.NODE_V8_COVERAGE = FOLDER;
const projects = args.includes("--project") ? [] : PROJECTS;
const status = runWithNetworks(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...projects, ...args]);
delete process.env.NODE_V8_COVERAGE;
runVisibly(process.execPath, ["scripts/bundle.mjs"]);
printReport(coveredPlaces(FOLDER));
if (status !== 0) process.stdout.write("\nSome tests failed: what they would have run is missing above.\n");
