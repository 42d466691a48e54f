// Examples are read, and copied into folders of other people.
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT, sourceFiles } from "../architecture/source-files.js";

const MAX_LINES = 80;
const SHARED = "../support/multicast-dns.js"; // by the two that speak multicast DNS

const readme = sourceFiles("examples", "README.md")[0]!.text;
const programs = sourceFiles("examples", "main.ts").filter(({ path }) => /^examples\/\d/.test(path));

test("examples are found", () => {
  expect(programs.length).toBeGreaterThan(20);
});

describe.each(programs)("$path", ({ path, text }) => {
  test(`${path} is short, imports packages only, and says what it teaches, how to run it, what to see`, () => {
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(MAX_LINES);
    const beside = [...text.matchAll(/(?:from|import\() ?"(\.[^"]*)"/g)].map(([, specifier]) => specifier);
    expect(beside.filter((specifier) => specifier !== SHARED)).toEqual([]);
    expect(text).toMatch(/^\/\*\*\n \* [\s\S]*You learn: [\s\S]*You run: [\s\S]*You see: [\s\S]*\*\/\nimport /);
  });

  test(`${path} is listed in examples/README.md, with its output beside it`, () => {
    expect(readme).toContain(`](${path.replace("examples/", "")})`);
    expect(existsSync(`${ROOT}${dirname(path)}/expected.txt`)).toBe(true);
  });
});
