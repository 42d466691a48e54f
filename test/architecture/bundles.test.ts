import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT } from "./source-files.js";

const packages = readdirSync(`${ROOT}packages`)
  .filter((name) => existsSync(`${ROOT}packages/${name}/package.json`))
  .map((name) => ({ name, manifest: JSON.parse(readFileSync(`${ROOT}packages/${name}/package.json`, "utf8")) }))
  .filter(({ manifest }) => manifest.private !== true);

const OWN_MODULE = /^(?:import|export)\b[^;'"]*["']\.{1,2}\/[^"']*["']/gm;

test.each(packages)("$name exports its bundle, and no other module is behind it", ({ name, manifest }) => {
  expect(manifest.exports["."].default, "each module costs time at every start: see decision 13").toBe("./dist/bundle.js");
  const bundle = readFileSync(`${ROOT}packages/${name}/dist/bundle.js`, "utf8");
  expect(bundle.match(OWN_MODULE) ?? []).toEqual([]);
});
