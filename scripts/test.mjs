// npm test [-- <vitest arguments>]: sets up what changed, then runs the tests against the compiled packages.
import { setUp } from "./setup.mjs";
import { installSiteTools } from "./site-tools.mjs";
import { runWithNetworks } from "./user-namespace.mjs";

const args = process.argv.slice(2);

setUp();
if (includesDocs()) installSiteTools(); // now: a user namespace of our own has no way to the npm registry
process.exitCode = runWithNetworks(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...args]);

/** Whether the arguments choose the project docs: by its name, or by leaving out others at most. */
function includesDocs() {
  const chosen = args.filter((_, index) => args[index - 1] === "--project");
  return chosen.includes("docs") || chosen.every((name) => name.startsWith("!") && name !== "!docs");
}
