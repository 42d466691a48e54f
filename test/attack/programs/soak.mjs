// npm run soak on what is compiled already: a test compiles nothing.
import process from "node:process";
import { runInOwnNetwork } from "../../../scripts/user-namespace.mjs";

process.exitCode = runInOwnNetwork(process.execPath, ["packages/bench/dist/soak/main.js", ...process.argv.slice(2)]);
