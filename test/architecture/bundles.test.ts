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
