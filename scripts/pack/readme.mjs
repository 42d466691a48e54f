// Links of a README as npm shows it: its page has neither the repository's files nor its pictures, so each link names the repository.
import { readFileSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import { ROOT } from "../command.mjs";

const LINK = /(!?)(\[(?:[^[\]]|\[[^\]]*\]\([^)]*\))*\]\()(?!https?:|mailto:|#)([^)\s]+)(?=\))/g;
const ADDRESS = /^git\+(https:.*)\.git$/;

/**
 * @typedef {object} Home
 * @property {string} version The links lead to its tag, and stay right when the files move.
 * @property {{ url: string, directory: string }} [repository]
 */

/**
 * Makes a README's links whole.
 *
 * @param {string} text
 * @param {Home} manifest The package.json beside it. Without a repository, which the first release gives it, links stay as they are.
 * @returns {string}
 */
export function withWholeLinks(text, { version, repository }) {
  const [, address] = ADDRESS.exec(repository?.url ?? "") ?? [];
  if (repository === undefined || address === undefined) return text;
  return text.replaceAll(LINK, (_, picture, words, path) => {
    const kind = picture === "" ? "blob" : "raw"; // the page of a file, or the file
    return `${picture}${words}${address}/${kind}/v${version}/${posix.join(repository.directory, path)}`;
  });
}

/**
 * Links of a packed README that lead nowhere on its page at npm.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function linksIntoTheRepository(text) {
  return [...text.matchAll(LINK)].map(([, , , path]) => String(path));
}

/**
 * Runs something while the README of a package has whole links.
 *
 * @param {string} folder
 * @param {() => Promise<unknown>} run
 */
export async function whileLinksAreWhole(folder, run) {
  const file = `${ROOT}${folder}/README.md`;
  const text = readFileSync(file, "utf8");
  const whole = withWholeLinks(text, JSON.parse(readFileSync(`${ROOT}${folder}/package.json`, "utf8")));
  try {
    if (whole !== text) writeFileSync(file, whole);
    await run();
  } finally {
    if (whole !== text) writeFileSync(file, text);
  }
}
