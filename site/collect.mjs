// Collects the pages of the repository in one folder, as VitePress wants them: links between files become links between pages.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { SCENARIOS } from "./network/scenarios.mjs";

const LINK = /(\]\()(?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?(?=\)| "[^"]*"\))/g; // a title may come behind
const IMAGE = /\.svg$/;
const BLOCK = /^\/\*\*\n([\s\S]*?)\n \*\/\n/;

/** Path in the repository → path on the site, for what is shown there; the first that fits. */
const PLACES = /** @type {const} */ ([
  [/^docs\/(.+\.svg)$/, "$1"],
  [/^docs\/(.+)\.md$/, "$1.md"],
  [/^(README|CONTRIBUTING|CHANGELOG|SECURITY|CODE_OF_CONDUCT)\.md$/, "project/$1.md"],
  [/^examples\/README\.md$/, "examples/index.md"],
  [/^examples\/(.+)\/main\.ts$/, "examples/$1.md"],
  [/^packages\/([a-z-]+)\/README\.md$/, "packages/$1.md"],
]);

/**
 * @param {string} root Folder of the repository.
 * @param {string} target Folder of the site's sources.
 */
export function collect(root, target) {
  for (const path of pagesOf(root)) {
    const place = placeOf(path);
    if (place === undefined) continue;
    const text = readFileSync(join(root, path), "utf8");
    const page = path.endsWith(".ts") ? pageOfProgram(text, path) : text;
    write(join(target, place), IMAGE.test(path) ? text : linked(page, { root, target, path, place }) + scenariosOf(place));
  }
  cpSync(join(root, "docs/favicon.svg"), join(target, "public/favicon.svg"));
}

/** @param {string} root @returns {string[]} Paths of everything that may have a page. */
function pagesOf(root) {
  const top = readdirSync(root).filter((name) => name.endsWith(".md"));
  const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).filter((name) => /\.(?:md|svg)$/.test(name));
  const examples = readdirSync(join(root, "examples")).map((name) => `examples/${name}/main.ts`);
  const packages = readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`);
  const all = [...top, ...docs.map((name) => `docs/${name}`), "examples/README.md", ...examples, ...packages];
  return all.filter((path) => existsSync(join(root, path)));
}

/** @param {string} path @returns {string | undefined} */
function placeOf(path) {
  const place = PLACES.find(([pattern]) => pattern.test(path));
  return place === undefined ? undefined : path.replace(place[0], place[1]).replace(/(^|\/)README\.md$/, "$1index.md");
}

/**
 * Leads each link to the page of the file, which is made if it has none of its own.
 *
 * @param {string} text
 * @param {{ root: string, target: string, path: string, place: string }} page
 */
function linked(text, { root, target, path, place }) {
  return text.replaceAll(LINK, (_, open, aim, anchor = "") => {
    const file = posix.normalize(posix.join(posix.dirname(path), aim)).replace(/\/$/, "");
    const isFolder = statSync(join(root, file)).isDirectory();
    const page = isFolder ? `${file}/README.md` : file;
    if (!existsSync(join(root, page))) return `${open}${relativeLink(place, "project/index.md")}`;
    return `${open}${relativeLink(place, placeOf(page) ?? placeOfSource(page, { root, target }))}${anchor}`;
  });
}

/** Leads from a guide to the scenarios that it explains. @param {string} place */
function scenariosOf(place) {
  const here = SCENARIOS.filter(({ guide }) => guide.startsWith(`/${place.replace(/\.md$/, ".html")}`));
  if (here.length === 0) return "";
  const links = here.map(({ name, title }) => `- [${title}](/network.html?scenario=${name})`);
  return `\n## Try it\n\nFind out why B does not hear what it should, on [a network in your browser](/network.html):\n\n${links.join("\n")}\n`;
}

/** Makes the page of a file that is shown as it is, and stays out of the search. @param {string} path @param {{ root: string, target: string }} folders */
function placeOfSource(path, { root, target }) {
  const place = `source/${path.replaceAll(".", "-")}.md`;
  const language = path.slice(path.lastIndexOf(".") + 1);
  const text = readFileSync(join(root, path), "utf8");
  write(join(target, place), `---\nsearch: false\noutline: false\n---\n\n# ${path}\n\n\`\`\`\`${language}\n${text}\`\`\`\`\n`);
  return place;
}

/** @param {string} from @param {string} to */
function relativeLink(from, to) {
  const path = relative(dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
}

/** An example: its first comment is what is said of it. @param {string} text @param {string} path */
function pageOfProgram(text, path) {
  const name = path.split("/")[1];
  const [whole = "", block = ""] = BLOCK.exec(text) ?? [];
  const said = block.replaceAll(/^ \* ?/gm, "");
  const [summary, ...rest] = said.split("\n\n");
  const code = text.slice(whole.length);
  return `# ${name}\n\n${summary}\n\n${rest.map((part) => `\`\`\`text\n${part}\n\`\`\``).join("\n\n")}\n\n\`\`\`ts\n${code}\`\`\`\n`;
}

/** @param {string} path @param {string} text */
function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
