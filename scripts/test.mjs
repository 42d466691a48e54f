// npm test [-- <vitest arguments>]: sets up what changed, then runs the tests against the compiled packages.
import { setUp } from "./setup.mjs";
import { runWithNetworks } from "./user-namespace.mjs";

setUp();
process.exitCode = runWithNetworks(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)]);
