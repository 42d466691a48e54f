// What typedoc does for the site besides pages in Markdown: modules are called as their packages, and what a package only exports again is a line.
import { readFileSync } from "node:fs";
import { Converter, PageEvent } from "typedoc";

const PACKAGES = new URL("../packages/", import.meta.url);
const FOLDER = /^([\w-]+)\/src$/;
const EXPORTED_AGAIN = /^### (.+)\n\n(?:Renames and re-exports|Re-exports) (\[.+\]\(.+\))(?:\n\n\*\*\*\n)?/gm;

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) module.name = module.name.replace(FOLDER, (_, folder) => nameOf(folder));
  });
  app.renderer.on(PageEvent.END, (page) => {
    if (page.contents === undefined) return;
    page.contents = page.contents.replaceAll(EXPORTED_AGAIN, (_, name, link) => lineOf(name, link)).replaceAll(/(^- .*\n)\n(?=- )/gm, "$1");
  });
}

/** @param {string} folder Of a package. */
function nameOf(folder) {
  return JSON.parse(readFileSync(new URL(`${folder}/package.json`, PACKAGES), "utf8")).name;
}

/** @param {string} name In Markdown. @param {string} link */
function lineOf(name, link) {
  return link.startsWith(`[${name.replaceAll("\\", "")}]`) ? `- ${link}\n` : `- ${name}: ${link}\n`;
}
