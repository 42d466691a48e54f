// Sidebars of the reference. Each package has its own, as VitePress writes the whole sidebar into every page.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Folder of a kind → its heading, in the order in which readers look for them. */
const KINDS = {
  classes: "Classes",
  functions: "Functions",
  interfaces: "Interfaces",
  "type-aliases": "Types",
  variables: "Constants",
};

/**
 * Makes the sidebars of the reference: one for its first page, and one for each package.
 *
 * @param {string} folder Of the reference.
 * @returns {Record<string, object[]>} Path below the site's root → sidebar.
 */
export function referenceSidebars(folder) {
  const packages = foldersIn(folder);
  const others = packages.map((name) => ({ text: name, link: `/reference/${name}/` }));
  const own = packages.map((name) => [
    `/reference/${name}/`,
    [{ text: name, link: `/reference/${name}/`, items: kindsOf(join(folder, name)) }],
  ]);
  return { ...Object.fromEntries(own), "/reference/": [{ text: "Reference", link: "/reference/", items: others }] };
}

/** @param {string} folder Of a package. */
function kindsOf(folder) {
  const unknown = foldersIn(folder).filter((kind) => !(kind in KINDS));
  if (unknown.length > 0) throw new Error(`the sidebar of ${folder} has no heading for ${unknown.join(", ")}: add it to KINDS`);
  return Object.entries(KINDS)
    .map(([kind, text]) => ({ text, collapsed: false, items: pagesIn(folder, kind) }))
    .filter(({ items }) => items.length > 0);
}

/** @param {string} folder @param {string} kind */
function pagesIn(folder, kind) {
  if (!existsSync(join(folder, kind))) return [];
  const names = readdirSync(join(folder, kind)).map((name) => name.replace(/\.md$/, ""));
  return names.map((name) => ({ text: name, link: `/reference/${folder.split("/").at(-1)}/${kind}/${name}` }));
}

/** @param {string} folder @returns {string[]} */
function foldersIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}
