import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
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

const OF_FOUNDATION = ["backend", "backend-dgram", "backend-native", "base", "groupcast", "reactor"];

test.each(packages)(
  "$name hands over its part of the foundation to Node, if it has one, so that a program has one copy of each class",
  ({ name, manifest }) => {
    const isOfFoundation = OF_FOUNDATION.includes(name);
    expect(manifest.exports["."].node).toBe(isOfFoundation ? "./dist/node.bundle.js" : undefined);
    expect(Object.keys(manifest.exports["."]).slice(0, 2)).toEqual(["types", isOfFoundation ? "node" : "default"]); // the first that fits counts
    if (!isOfFoundation) return;
    const part = readFileSync(`${ROOT}packages/${name}/dist/node.bundle.js`, "utf8");
    const imported = [...part.matchAll(/^(?:import|export)\b.*\bfrom "([^"]*)";$/gm)].map(([, from]) => from);
    expect(new Set(imported)).toEqual(new Set([name === "base" ? "./foundation.bundle.js" : "@groupcast/base/foundation"]));
    expect(exportedBy(part)).toEqual(exportedBy(bundleOf(name)));
  },
);

function bundleOf(name: string): string {
  return readFileSync(`${ROOT}packages/${name}/dist/bundle.js`, "utf8");
}

function exportedBy(text: string): string[] {
  const others = [...text.matchAll(/^export \* from "@groupcast\/([^"]+)";$/gm)].flatMap(([, name]) => exportedBy(bundleOf(name!)));
  const clauses = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names]) => names!.split(","));
  return [...new Set([...others, ...clauses.map((clause) => clause.trim().split(" as ").at(-1)!)])].sort();
}

test("@groupcast/dgram/register is one file of CommonJS, and nothing but modules of Node are behind it", () => {
  const { "./register": register } = packages.find(({ name }) => name === "dgram")!.manifest.exports;
  expect([register.require.default, register.default]).toEqual(["./dist/register.cjs", "./dist/register.mjs"]);
  expect(readFileSync(`${ROOT}packages/dgram/dist/register.mjs`, "utf8")).toContain('(import.meta.url)("./register.cjs")');
  const hook = readFileSync(`${ROOT}packages/dgram/dist/register.cjs`, "utf8");
  const required = [...hook.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name!);
  expect(required.length).toBeGreaterThan(0);
  expect(required.filter((name) => !isBuiltin(name))).toEqual([]);
  expect(hook, "the licence of what is in it").toMatch(/^\/\*\nContains eventemitter3:[^/]+Permission is hereby granted/);
});
