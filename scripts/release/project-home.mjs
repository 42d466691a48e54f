// The address of the project, which npm shows on the page of each package. A checkout cannot know it: the first release asks for it.
import { readFileSync, writeFileSync } from "node:fs";

/** The address as it is typed: of a repository that people can open in a browser. */
const REPOSITORY = /^https:\/\/[\w.-]+\.\w+(?:\/[\w.-]+){2,}$/;

/** Stands in the README for the address of the repository. */
const UNKNOWN_ADDRESS = "<address of this repository>";

/**
 * Returns the fields of a package.json that follow from the address of the repository.
 *
 * @param {string} repository Such as https://example.org/team/groupcast.
 * @param {string} directory Of the package in the repository, such as packages/base.
 */
export function homeFields(repository, directory) {
  return {
    homepage: `${repository}/tree/main/${directory}#readme`,
    repository: { type: "git", url: `git+${repository}.git`, directory },
    bugs: { url: `${repository}/issues` },
  };
}

/**
 * Checks an address and returns it without what browsers and git append.
 *
 * @param {string} text
 * @returns {string | undefined} `undefined` if it is no address of a repository.
 */
export function parseRepository(text) {
  const address = text
    .trim()
    .replace(/\/$/, "")
    .replace(/\.git$/, "");
  return REPOSITORY.test(address) ? address : undefined;
}

/**
 * Lists the packages whose package.json lacks an address.
 *
 * @param {string} root Folder of the repository, with a slash at the end.
 * @param {readonly string[]} folders Of the packages.
 */
export function homeless(root, folders) {
  const fields = /** @type {const} */ (["homepage", "repository", "bugs"]);
  return folders.filter((folder) => fields.some((field) => manifestOf(root, folder)[field] === undefined));
}

/**
 * Returns the reason why a release cannot go on: npm shows the address on the page of each package, and a page without one leads nowhere.
 *
 * @param {string} root
 * @param {readonly string[]} folders
 * @param {string | undefined} address As it was given on the command line.
 */
export function refusalOfHome(root, folders, address) {
  if (address !== undefined) {
    const isRight = parseRepository(address) !== undefined;
    return isRight ? undefined : `--repository ${address}: give an address such as https://example.org/team/groupcast.`;
  }
  const lacking = homeless(root, folders);
  if (lacking.length === 0) return undefined;
  return `Nothing is published without homepage, repository and bugs, which these lack: ${lacking.join(", ")}.
Run node scripts/release.mjs --repository https://<host>/<owner>/<name>: it writes them into every package.json, once.`;
}

/**
 * Writes the address into the package.json of every package, and where the README clones it.
 *
 * @param {string} root
 * @param {readonly string[]} folders
 * @param {string} repository
 */
export function writeHome(root, folders, repository) {
  const readme = readFileSync(`${root}README.md`, "utf8");
  writeFileSync(`${root}README.md`, readme.replaceAll(UNKNOWN_ADDRESS, `${repository}.git`));
  for (const folder of folders) {
    const { homepage, repository: former, bugs, ...rest } = manifestOf(root, folder);
    const entries = Object.entries({ ...rest }).flatMap((entry) =>
      entry[0] === "license" ? [...Object.entries(homeFields(repository, folder)), entry] : [entry],
    );
    writeFileSync(`${root}${folder}/package.json`, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
  }
}

/** @param {string} root @param {string} folder @returns {Record<string, unknown>} */
function manifestOf(root, folder) {
  return JSON.parse(readFileSync(`${root}${folder}/package.json`, "utf8"));
}
