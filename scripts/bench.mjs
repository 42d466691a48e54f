// npm run bench [-- <options>]: sets up what changed, then runs the benchmarks. npm run bench:peers installs what is compared.
import { runVisibly } from "./command.mjs";
import { setUp } from "./setup.mjs";

const EVERYTHING = ["memory/main", "channels/main", "main"];

const [program = "main", ...args] = process.argv.slice(2);

setUp();
const programs = program === "main" && args.length === 0 ? EVERYTHING : [program];
process.exitCode = Math.max(...programs.map((each) => runVisibly(process.execPath, [`packages/bench/dist/${each}.js`, ...args])));
