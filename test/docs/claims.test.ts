// Claims of the guides that name the test that holds them: [test](../test/x.test.ts "title").
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT, sourceFiles } from "../architecture/source-files.js";

const CLAIM = /\[test\]\(([^)\s"]+)(?: "([^"]*)")?\)/g;
const COMPARISON = "docs/channels.md";
const OUR_CELL = /^\| (?!what +\||-)[^|]+\| ([^|]+)\|/gm; // the second one of a row

interface Claim {
  readonly page: string;
  readonly file: string;
  readonly title: string;
}

function claimsOf({ path, text }: { path: string; text: string }): Claim[] {
  return [...text.matchAll(CLAIM)].map(([, target, title = ""]) => ({ page: path, file: join(dirname(path), target!), title }));
}

const pages = sourceFiles("docs", ".md");
const claims = pages.flatMap(claimsOf);

/** Returns whether a file has a test of this title, and not only the words. */
function holds(file: string, title: string): boolean {
  const text = readFileSync(join(ROOT, file), "utf8");
  return ['test("', 'test(\n    "', ')("', ')(\n    "'].some((call) => text.includes(`${call}${title}"`));
}

describe("claims", () => {
  test.each(claims)("$page: $file has the test “$title”", ({ file, title }) => {
    expect([file, existsSync(join(ROOT, file)), title !== "" && holds(file, title)]).toEqual([file, true, true]);
  });

  test("each line of the comparison with others names a test", () => {
    const { text } = pages.find(({ path }) => path === COMPARISON)!;
    const [section] = text.slice(text.indexOf("## Beside others")).split("\n## What");
    const ours = [...section!.matchAll(OUR_CELL)].map(([, cell]) => cell!);
    expect(ours.length).toBeGreaterThanOrEqual(10);
    expect(ours.filter((cell) => claimsOf({ path: COMPARISON, text: cell }).length === 0)).toEqual([]);
  });
});
