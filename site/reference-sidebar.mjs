// The sidebar of the reference: packages, and in each what it exports, by kind.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** @param {string} folder */
export function referenceSidebar(folder) {
  return foldersIn(folder).map((name) => ({
    text: name,
    collapsed: name !== "groupcast",
    link: `/reference/${name}/`,
    items: foldersIn(join(folder, name)).map((kind) => ({
      text: kind,
      collapsed: true,
      items: pagesIn(join(folder, name, kind)).map((page) => ({ text: page, link: `/reference/${name}/${kind}/${page}` })),
    })),
  }));
}

/** @param {string} folder @returns {string[]} */
function foldersIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

/** @param {string} folder @returns {string[]} */
function pagesIn(folder) {
  return readdirSync(folder).flatMap((name) => (name.endsWith(".md") ? [name.slice(0, -3)] : []));
}
