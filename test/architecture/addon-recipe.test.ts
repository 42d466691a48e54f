import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT } from "./source-files.js";

const PACKAGE = `${ROOT}packages/backend-native/`;
const ADDON = `${PACKAGE}src/addon/`;
const recipe = JSON.parse(readFileSync(`${ADDON}recipe.gypi`, "utf8")).variables as Readonly<Record<string, readonly string[]>>;

/** Recipe → what it adds to the lists: where headers and outputs are, and how a compiler finds another C library. */
const OWN_FLAGS: Readonly<Record<string, readonly string[]>> = {
  "src/addon/binding.gyp": [],
  "scripts/build-addon.mjs": ["-sanitized"], // end of a file's name
  "scripts/prebuild.mjs": [
    "-I",
    "-o",
    ...["-lc", "-lgcc", "-specs", "-nostdinc++", "-isystem", "-idirafter", "-nodefaultlibs", "-dumpversion"], // musl
    ...["-D__GLIBC_PREREQ(a,b)=0", "-D__locale_t=locale_t"],
  ],
};

/** A flag of a compiler or a source in quotes; options of our own scripts begin with two dashes. */
const FLAG_OR_SOURCE = /"(-[A-Za-z][^"]*|[a-z_]+\.cc|[A-Z_]+=\w+)"/g;

test("recipe.gypi lists every source of the addon once", () => {
  const sources = readdirSync(ADDON).filter((name) => name.endsWith(".cc"));
  expect(recipe.addon_sources).toEqual(sources.sort());
});

test.each(Object.keys(OWN_FLAGS))("%s takes sources and flags from recipe.gypi", (path) => {
  const text = readFileSync(PACKAGE + path, "utf8").replaceAll(/^\s*(?:#|\/\/).*$/gm, "");
  const own = [...text.matchAll(FLAG_OR_SOURCE)].map((match) => match[1]!).filter((flag) => !OWN_FLAGS[path]!.includes(flag));
  expect(own, "put it into recipe.gypi: the suite would not run what is shipped").toEqual([]);
});

test.each(Object.keys(recipe))("binding.gyp uses the list %s, and prebuild.mjs does unless it is for sanitizers", (name) => {
  expect(readFileSync(`${ADDON}binding.gyp`, "utf8")).toContain(`"<@(${name})"`);
  const used = readFileSync(`${PACKAGE}scripts/prebuild.mjs`, "utf8").includes(`RECIPE.${name.replace("addon_", "")}`);
  expect(used).toBe(name !== "addon_sanitizer_flags");
});
