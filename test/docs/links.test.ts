import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, sourceFiles } from "../architecture/source-files.js";

const LINK = /\]\((?!https?:|#|mailto:)([^)#\s]+)/g;

const pages = [
  ...sourceFiles("docs", ".md"),
  ...sourceFiles("packages", "README.md"),
  ...sourceFiles(".", ".md").filter(({ path }) => !path.includes("/")),
];

test.each(pages)("$path links to files that exist", ({ path, text }) => {
  const targets = [...text.matchAll(LINK)].map((match) => match[1]!);
  const dead = targets.filter((target) => !existsSync(join(ROOT, dirname(path), target)));
  expect(dead).toEqual([]);
});
