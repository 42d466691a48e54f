// node scripts/included-code.mjs [--check]: fills the fences of the guides that say which file they show, or says which are not up to date.
//
// <!-- from examples/01-echo-server/main.ts --> stands before such a fence. A program is shown without its first comment. The fences are
// ```typescript, not ```ts: the files are compiled where they stand, and run by test/examples.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fail, ROOT } from "./command.mjs";

const INCLUDED = /^<!-- from (\S+) -->\n\n```(\w+)\n[\s\S]*?^```$/gm;
const FIRST_COMMENT = /^\/\*\*[\s\S]*?\*\/\n/;

const stale = [];
for (const page of pages()) {
  const text = readFileSync(ROOT + page, "utf8");
  const filled = text.replaceAll(INCLUDED, (_, path, language) => {
    return `<!-- from ${path} -->\n\n\`\`\`${language}\n${contentOf(path)}\`\`\``;
  });
  if (filled === text) continue;
  stale.push(page);
  if (!process.argv.includes("--check")) writeFileSync(ROOT + page, filled);
}
if (process.argv.includes("--check") && stale.length > 0) fail(`${stale.join(", ")}: run node scripts/included-code.mjs`);

/** @param {string} path */
function contentOf(path) {
  return readFileSync(ROOT + path, "utf8").replace(FIRST_COMMENT, "");
}

function pages() {
  return readdirSync(`${ROOT}docs`)
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`);
}
