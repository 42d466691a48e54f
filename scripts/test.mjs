// npm test [-- <vitest arguments>]: sets up what changed, then runs the tests against the compiled packages.
import { runVisibly } from "./command.mjs";
import { setUp } from "./setup.mjs";

setUp();
process.exitCode = runVisibly(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)]);
