// npm run bench [-- <options>]: sets up what changed, then runs the benchmarks. npm run bench:peers installs what is compared.
import { runVisibly } from "./command.mjs";
import { setUp } from "./setup.mjs";

const [program = "main", ...args] = process.argv.slice(2);

setUp();
process.exitCode = runVisibly(process.execPath, [`packages/bench/dist/${program}.js`, ...args]);
