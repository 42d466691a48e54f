// npm run drop-in [-- <names>]: runs packages of npm on Groupcast and on node:dgram, and writes docs/npm-packages.md. With --check nothing is compiled or written.
import { setUp } from "./setup.mjs";
import { runInOwnNetwork } from "./user-namespace.mjs";

const args = process.argv.slice(2);
if (!args.includes("--check")) setUp();
process.exitCode = runInOwnNetwork(process.execPath, ["packages/drop-in/dist/main.js", ...args]);
