// Pages of docs/ that are generated from tables of the packages: option-page.mjs, error-page.mjs, contract-page.mjs.
import { readFileSync, writeFileSync } from "node:fs";
import { fail, ROOT } from "./command.mjs";
import { bundle, compile } from "./setup.mjs";

const isCheck = process.argv.includes("--check");

/**
 * Compiles what has changed, so that the page shows the tables as they are now. Call it before importing a package. With --check nothing
 * is compiled: `npm test` and `npm run check` have done it.
 */
export function prepareTables() {
  if (isCheck) return;
  compile();
  bundle();
}

/**
 * Writes the page, or with --check ends the script if the page is not up to date.
 *
 * @param {string} path Relative to the repository.
 * @param {string} text
 */
export function finishPage(path, text) {
  if (!isCheck) writeFileSync(ROOT + path, text);
  else if (readFileSync(ROOT + path, "utf8") !== text) fail(`${path} is not what its tables say: run node ${scriptName()}`);
}

function scriptName() {
  return (process.argv[1] ?? "").replace(ROOT, "");
}
