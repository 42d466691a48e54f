// The site that `npm run docs` builds, served as it is on any host of files.
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import { extname } from "node:path";
import { ROOT, sourceFiles } from "../architecture/source-files.js";

/** Folder of the built site, relative to the repository. */
export const SITE = ".cache/site";

/** What is installed for the site only. */
export const requireForSite: NodeJS.Require = createRequire(`${ROOT}site/package.json`);

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

const LINK = /(?:href|src)="(?!https?:|mailto:|data:|javascript:)([^"#]*)(?:#([^"]*))?"/g;
const ID = /\sid="([^"]+)"/g;

/** Serves the site's files, and nothing beside them. */
export function siteServer(): Server {
  return createServer(({ url }, response) => {
    const { pathname } = new URL(url!, "http://localhost");
    const file = `${ROOT}${SITE}${pathname.endsWith("/") ? `${pathname}index.html` : pathname}`;
    const isThere = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
    response.writeHead(isThere ? 200 : 404, { "content-type": CONTENT_TYPES[extname(file)] ?? "application/octet-stream" });
    if (isThere) createReadStream(file).pipe(response);
    else response.end();
  });
}

/** Reads the text of one file of the site. */
export function fileOfSite(path: string): string {
  return readFileSync(`${ROOT}${SITE}/${path}`, "utf8");
}

/** Links of the site that lead to no file, or to no place in it. */
export function deadLinks(): string[] {
  const pages = sourceFiles(SITE, ".html").map(({ path, text }) => ({ path: path.slice(SITE.length), text }));
  const places = new Map(pages.map(({ path, text }) => [path, new Set([...text.matchAll(ID)].map(([, id]) => id!))]));
  return pages.flatMap(({ path, text }) => {
    const links = new Set([...text.matchAll(LINK)].map(([, target = "", anchor = ""]) => `${decodeURIComponent(target)}#${anchor}`));
    return [...links].filter((link) => !isAlive(places, path, link)).map((link) => `${path}: ${link}`);
  });
}

function isAlive(places: ReadonlyMap<string, ReadonlySet<string>>, from: string, link: string): boolean {
  const [path = "", anchor = ""] = link.split("#");
  const { pathname } = new URL(path === "" ? from : path, `http://localhost${from}`);
  const page = decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname);
  const ids = places.get(page);
  if (ids === undefined) return statSync(`${ROOT}${SITE}${page}`, { throwIfNoEntry: false })?.isFile() ?? false;
  return anchor === "" || ids.has(decodeURIComponent(anchor));
}
