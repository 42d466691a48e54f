// What V8 counted, brought from the compiled files to the sources: which places have run, and which have not.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../command.mjs";
import { positionsOf } from "./source-map.mjs";

/**
 * A script as one process has run it (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-ScriptCoverage).
 *
 * @typedef {object} ScriptCoverage
 * @property {string} url
 * @property {readonly { ranges: readonly { startOffset: number, endOffset: number, count: number }[] }[]} functions Outer ones first.
 */

/**
 * Where something begins in a source, and whether it has run. Lines are counted from 1, columns from 0.
 *
 * @typedef {{ line: number, column: number, hasRun: boolean }} Place
 *
 * @typedef {Map<string, Place[]>} Places By source, in the order of the compiled file.
 */

const COMPILED = /\/packages\/[^/]+\/dist\/.*\.js$/;

/**
 * Reads what the processes have left in a folder. A source that none of them has loaded is in it, too, with nothing run.
 *
 * @param {string} folder
 * @returns {Places}
 */
export function coveredPlaces(folder) {
  /** @type {Map<string, Uint8Array>} Compiled file → for each character, whether it has run. */
  const runs = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    /** @type {readonly ScriptCoverage[]} */
    const scripts = readWhole(folder + file)?.result ?? [];
    for (const script of scripts) addScript(runs, script);
  }
  /** @type {Places} */
  const places = new Map();
  for (const path of compiledFiles()) bringToSources(places, path, runs.get(path));
  return places;
}

/** A process that was killed while it wrote leaves half a file. @param {string} path @returns {{ result: readonly ScriptCoverage[] } | undefined} */
function readWhole(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {Map<string, Uint8Array>} runs @param {ScriptCoverage} script */
function addScript(runs, { url, functions }) {
  if (!url.startsWith("file:") || !COMPILED.test(url)) return;
  const path = fileURLToPath(url.replace(/\?.*$/, ""));
  if (!existsSync(path)) return;
  const length = readFileSync(path, "utf8").length;
  const counts = new Uint8Array(length); // of this process: inner ranges have the last word
  for (const { ranges } of functions)
    for (const { startOffset, endOffset, count } of ranges) counts.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  const all = runs.get(path) ?? new Uint8Array(length);
  for (let at = 0; at < length; at++) all[at] ||= /** @type {number} */ (counts[at]);
  runs.set(path, all);
}

/** @returns {string[]} */
function compiledFiles() {
  return readdirSync(`${ROOT}packages`).flatMap((name) => {
    const dist = `${ROOT}packages/${name}/dist/`;
    if (!existsSync(dist)) return [];
    const files = readdirSync(dist, { recursive: true, encoding: "utf8" });
    return files.filter((file) => file.endsWith(".js") && !file.endsWith("bundle.js")).map((file) => dist + file);
  });
}

/** @param {Places} places @param {string} path @param {Uint8Array | undefined} runs */
function bringToSources(places, path, runs) {
  const code = readFileSync(path, "utf8");
  const lineStarts = [0, ...[...code.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const map = JSON.parse(readFileSync(`${path}.map`, "utf8"));
  for (const { line, column, source, sourceLine, sourceColumn } of positionsOf(map.mappings)) {
    const file = relative(ROOT, resolve(dirname(path), map.sourceRoot ?? "", map.sources[source]));
    if (!/^packages\/[^/]+\/src\//.test(file) || !existsSync(ROOT + file)) continue; // of a dependency, or compiled before it was moved
    const known = places.get(file) ?? [];
    places.set(file, known);
    const at = /** @type {number} */ (lineStarts[line]) + column;
    known.push({ line: sourceLine, column: sourceColumn, hasRun: runs?.[at] === 1 });
  }
}
