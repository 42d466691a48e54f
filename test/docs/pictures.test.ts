// Pictures of the guides show what happens: they are drawn again from the network in memory, and from the tables of other pages.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT, sourceFiles } from "../architecture/source-files.js";

const FOLDER = "docs/pictures";
const PICTURE = /!\[([^\]]*)\]\((?:(?:\.\.\/\.\.\/)?docs\/)?pictures\/([\w-]+\.svg)\)/g;
const BADGE = /\[!\[([^\]]*)\]\(docs\/badges\/([\w-]+\.svg)\)\]\([\w./-]+\)/g; // and where it is proven, which links.test.ts follows

const front = sourceFiles(".", "README.md").filter(({ path }) => !path.includes("/"));
const pages = [...sourceFiles("docs", ".md"), ...sourceFiles("packages", "README.md"), ...front];
const shown = pages.flatMap(({ text }) => [...text.matchAll(PICTURE)].map(([, alt = "", file = ""]) => ({ alt, file })));

test("pictures are what scripts/pictures.mjs draws", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/pictures.mjs", "--check"], { cwd: ROOT, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("each picture is shown, with words for who cannot see it", () => {
  const files = readdirSync(ROOT + FOLDER);
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((file) => !shown.some((picture) => picture.file === file))).toEqual([]);
  expect(shown.filter(({ alt }) => alt.length < 20)).toEqual([]);
});

test("badges are on the README, with words and with a link to what proves them", () => {
  const badges = front.flatMap(({ text }) => [...text.matchAll(BADGE)]);
  expect(badges.map(([, , file]) => file!).sort()).toEqual(readdirSync(`${ROOT}docs/badges`).sort());
  expect(badges.filter(([, alt = ""]) => alt.length < 5)).toEqual([]);
});

test("a picture says what it shows, and follows light and dark pages", () => {
  for (const file of readdirSync(ROOT + FOLDER)) {
    const text = readFileSync(`${ROOT}${FOLDER}/${file}`, "utf8");
    expect(text).toMatch(/<title>.{20,}<\/title>/);
    expect(text).toContain("prefers-color-scheme: dark");
  }
});
