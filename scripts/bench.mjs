// npm run bench [-- <options>]: sets up what changed, then runs the benchmarks. npm run bench:peers installs what is compared.
import { runVisibly } from "./command.mjs";
import { setUp } from "./setup.mjs";
import { runWithNetworks } from "./user-namespace.mjs";

const EVERYTHING = ["memory/main", "channels/main", "main"];

const [program = "main", ...args] = process.argv.slice(2);

setUp();
const programs = program === "main" && args.length === 0 ? EVERYTHING : [program];
process.exitCode = Math.max(...programs.map(runProgram));

/** @param {string} name */
function runProgram(name) {
  const run = name === "main" ? runWithNetworks : runVisibly; // main measures on a loopback interface of its own: packages/bench/src/loopback.ts
  return run(process.execPath, [`packages/bench/dist/${name}.js`, ...args]);
}
