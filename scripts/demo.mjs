// npm run demo [-- <demo arguments>]: sets up what changed, then runs the demonstration.
import { runVisibly } from "./command.mjs";
import { setUp } from "./setup.mjs";

setUp();
process.exitCode = runVisibly(process.execPath, ["--enable-source-maps", "examples/dist/demo/main.js", ...process.argv.slice(2)]);
