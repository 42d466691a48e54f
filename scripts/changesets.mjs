// Reads the changes that wait in .changeset for the next release. docs/releasing.md shows what a file of them looks like.
import { readdirSync, readFileSync } from "node:fs";
import { ROOT } from "./command.mjs";
import { packageFolders } from "./fingerprint.mjs";

const CHANGE = /^---\n([\s\S]+?)\n---\n([\s\S]*)$/; // packages and how much they change, then what users should know
const LINE = /^(["']?)([^"']+)\1: (\S+)$/; // "groupcast": minor
const SIZES = new Set(["patch", "minor", "major"]);

/**
 * Reads every file of a folder of changes.
 *
 * @param {string} folder With a slash at the end.
 * @returns {{ changes: string[], mistakes: string[] }} What users should know of each change, in the words of its author; and what is wrong
 *   with each file that a release could not use.
 */
export function waitingChanges(folder = `${ROOT}.changeset/`) {
  const names = readdirSync(folder).filter((name) => name.endsWith(".md") && name !== "README.md");
  const read = names.map((name) => ({ name, ...parseChange(readFileSync(folder + name, "utf8")) }));
  return {
    changes: read.flatMap(({ text, mistake }) => (mistake === undefined ? [text] : [])),
    mistakes: read.flatMap(({ name, mistake }) => (mistake === undefined ? [] : [`${folder.replace(ROOT, "")}${name}: ${mistake}`])),
  };
}

/**
 * Takes one file of changes apart.
 *
 * @param {string} content
 * @returns {{ text: string, mistake: string | undefined }}
 */
export function parseChange(content) {
  const [, packages = "", rest = ""] = content.replaceAll("\r\n", "\n").match(CHANGE) ?? [];
  const text = rest.trim();
  return { text, mistake: packages === "" ? 'it does not begin with "---", packages, "---"' : mistakeIn(packages, text) };
}

/**
 * @param {string} packages The lines between the dashes.
 * @param {string} text What stands behind them.
 */
function mistakeIn(packages, text) {
  const known = new Set(packageFolders().map((folder) => JSON.parse(readFileSync(`${ROOT}${folder}/package.json`, "utf8")).name));
  for (const line of packages.split("\n")) {
    const [, , name = "", size = ""] = line.match(LINE) ?? [];
    if (name === "") return `"${line}" is not a package and the size of its change, such as "groupcast": minor`;
    if (!known.has(name)) return `"${name}" is not a package of this workspace`;
    if (!SIZES.has(size)) return `"${size}" is none of ${[...SIZES].join(", ")}`;
  }
  return text === "" ? "it says nothing to users" : undefined;
}
