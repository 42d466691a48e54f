// npm run check: format and lint, types, nothing unused, architecture. All of them run, so that one round shows everything there is to correct.
import { fail, runVisibly } from "./command.mjs";
import { installDependencies } from "./setup.mjs";

const CHECKS = {
  "format and lint": ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings"],
  types: ["node_modules/typescript/bin/tsc", "-b", "--pretty"],
  "nothing unused": ["node_modules/knip/bin/knip.js"],
  architecture: ["node_modules/vitest/vitest.mjs", "run", "--project", "architecture"],
};

installDependencies();
const failed = Object.entries(CHECKS).filter(([, args]) => runVisibly(process.execPath, args) !== 0);
if (failed.length > 0)
  fail(`Check failed: ${failed.map(([name]) => name).join(", ")}. "npx biome check --write" corrects format and the safe part of lint.`);
