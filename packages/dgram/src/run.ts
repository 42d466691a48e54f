#!/usr/bin/env node
/**
 * `npx @groupcast/dgram program.js`: runs a program of `node:dgram` on Groupcast, as `node --import @groupcast/dgram/register program.js`
 * does.
 */
import { spawn } from "node:child_process";

const HOOK = new URL("register.mjs", import.meta.url).href;
const PASSED_ON = ["SIGHUP", "SIGTERM"] as const;

const program = spawn(process.execPath, ["--import", HOOK, ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of PASSED_ON) process.on(signal, () => program.kill(signal));
process.on("SIGINT", () => {}); // a terminal sends it to the program, too

program.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
