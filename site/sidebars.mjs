// What stands beside the pages: chapters beside the guides, and short lists of their own beside decisions, examples and packages.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { CHAPTERS, checkContents } from "./contents.mjs";
import { referenceSidebars } from "./reference-sidebar.mjs";

const HEADING = /^# (.+)$/m;

/**
 * Makes every sidebar.
 *
 * @param {string} source Folder of the collected pages, with a slash at the end.
 * @returns {Record<string, object[]>} Path below the site's root → sidebar; the longest path that fits counts.
 */
export function sidebars(source) {
  checkContents(pagesIn(source));
  const folders = ["decisions", "examples", "packages"].map((name) => [`/${name}/`, [folderSidebar(source, name)]]);
  return { ...referenceSidebars(`${source}reference`), ...Object.fromEntries(folders), "/": chapters(source) };
}

/** @param {string} source */
function chapters(source) {
  return CHAPTERS.map(({ title, pages }) => ({
    text: title,
    collapsed: title !== "Guide",
    items: pages.map((entry) => {
      const [page, text] = typeof entry === "string" ? [entry, headingOf(source, entry)] : entry;
      return { text, link: `/${page}` };
    }),
  }));
}

/** @param {string} source @param {string} name */
function folderSidebar(source, name) {
  const pages = readdirSync(`${source}${name}`).map((file) => `${name}/${file.replace(/\.md$/, "")}`);
  const items = pages.filter((page) => !page.endsWith("/index")).map((page) => ({ text: headingOf(source, page), link: `/${page}` }));
  const index = `${name}/index`;
  return existsSync(`${source}${index}.md`)
    ? { text: headingOf(source, index), link: `/${name}/`, items }
    : { text: `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, items };
}

/** @param {string} source @param {string} page @returns {string} */
function headingOf(source, page) {
  const heading = HEADING.exec(readFileSync(`${source}${page}.md`, "utf8"));
  return (heading?.[1] ?? page).replaceAll("`", "");
}

/** @param {string} source @returns {string[]} */
function pagesIn(source) {
  if (!existsSync(source)) return [];
  const files = readdirSync(source, { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".md")).map((file) => file.slice(0, -3));
}
