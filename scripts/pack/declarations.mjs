// Which declarations a package publishes: those that its entry points lead to. The others describe modules that nobody can import.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const IMPORT = /(?:from|import\()\s*"(\.[^"]+)\.js"/g;
const DECLARATION = /\.d\.c?ts$/;

/** Writes the list of the declarations that are left out where packing looks for it (npm-packlist, .npmignore). @param {string} folder Of a package. */
export function leaveInnerDeclarationsOut(folder) {
  const dist = join(folder, "dist");
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  /** @type {Set<string>} */
  const reached = new Set();
  for (const entry of declarationsIn(exports)) reach(join(folder, entry), reached);
  const names = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((name) => DECLARATION.test(name));
  writeFileSync(join(dist, ".npmignore"), names.filter((name) => !reached.has(join(dist, name))).join("\n"));
}

/** @param {unknown} exports Of a package.json. @returns {string[]} Paths of declarations in it. */
function declarationsIn(exports) {
  if (typeof exports === "string") return DECLARATION.test(exports) ? [exports] : [];
  return Object.values(Object(exports)).flatMap(declarationsIn);
}

/** @param {string} file @param {Set<string>} reached */
function reach(file, reached) {
  const path = normalize(file);
  if (reached.has(path) || !existsSync(path)) return;
  reached.add(path);
  for (const [, target] of readFileSync(path, "utf8").matchAll(IMPORT)) reach(join(dirname(path), `${target}.d.ts`), reached);
}
