/** The files of the page, which the build puts beside this module. */
import { readFileSync } from "node:fs";

/** A file of the page. */
export interface PageFile {
  /** Value of the header Content-Type. */
  readonly type: string;
  /** Content. */
  readonly content: Buffer;
}

/** Map of name in the address → file and media type. */
const FILES: ReadonlyMap<string, readonly [file: string, type: string]> = new Map([
  ["", ["index.html", "text/html; charset=utf-8"]],
  ["page.js", ["page.js", "text/javascript; charset=utf-8"]],
  ["page.css", ["page.css", "text/css; charset=utf-8"]],
  ["icon.svg", ["icon.svg", "image/svg+xml"]],
]);

const read = new Map<string, PageFile>();

/** Returns whether the page has a file of this name. */
export function isPageFile(name: string): boolean {
  return FILES.has(name);
}

/** Returns a file of the page; it is read once. @throws what `readFileSync` throws: a bundle of the program has left it out. */
export function pageFile(name: string): PageFile {
  const known = read.get(name);
  if (known !== undefined) return known;
  const [file, type] = FILES.get(name)!;
  const fresh = { type, content: readFileSync(new URL(`./page/${file}`, import.meta.url)) };
  read.set(name, fresh);
  return fresh;
}
