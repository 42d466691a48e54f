// The command, as somebody has it who installs `@groupcast/cli`.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";

/** Most bytes that an installation of the command takes, with all that it needs. */
export const MOST_COMMAND_BYTES = 3_000_000;

/** Words of the command → what its output has to have. */
const TRIALS = /** @type {const} */ ([
  [["--help"], /doctor/],
  [["interfaces", "--json"], /"name":"lo"/],
  [["send", "239.255.1.1:47999", "-i", "lo", "hello"], /1 datagram/],
]);

/**
 * Runs the command, and the one of `groupcast` that leads to it where both are installed side by side.
 *
 * @param {string} folder Where it is installed.
 * @param {string} node Program.
 * @returns {Promise<string[]>} A sentence for each run that did not print what it should.
 */
export async function faultsOfCommand(folder, node) {
  const programs = ["@groupcast/cli", "groupcast"].map((name) => join(folder, "node_modules", name, "dist/groupcast.js"));
  const faults = [];
  for (const program of programs.filter((path) => existsSync(path))) {
    for (const [words, expected] of TRIALS) {
      const { exitCode, stdout, stderr } = await run([node, program, ...words], { cwd: folder });
      if (exitCode !== 0 || !expected.test(stdout)) faults.push(`groupcast ${words.join(" ")} ended with ${exitCode}: ${stdout}${stderr}`);
    }
  }
  return faults;
}
