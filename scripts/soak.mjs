// npm run soak [-- <options>]: sets up what changed, then runs the soak in a network of its own, whose interfaces it may take down.
import { setUp } from "./setup.mjs";
import { runInOwnNetwork } from "./user-namespace.mjs";

setUp();
process.exitCode = runInOwnNetwork(process.execPath, ["packages/bench/dist/soak/main.js", ...process.argv.slice(2)]);
