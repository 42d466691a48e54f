// Scripts that generate pages import packages, which are compiled: they compile first, or they write yesterday's page.
import { expect, test } from "vitest";
import { sourceFiles } from "./source-files.js";

const scripts = sourceFiles("scripts", "-page.mjs").filter(({ path }) => path !== "scripts/generated-page.mjs");

test.each(scripts.map(({ path, text }) => [path, text]))("%s compiles before it imports a package", (_, text) => {
  expect(text, "import() it after prepareTables()").not.toMatch(/^import [^;]*"@groupcast\//m);
  const imported = text.indexOf("await import(");
  expect(imported).toBeGreaterThan(0);
  expect(text.lastIndexOf("\nprepareTables();", imported)).toBeGreaterThan(0);
});
