import { spawnSync } from "node:child_process";
import { ERROR_CODES } from "@groupcast/backend";
import { expect, test } from "vitest";
import { ROOT, sourceFiles } from "./source-files.js";

const sources = sourceFiles("packages", ".ts").filter(({ path }) => path.includes("/src/") && !path.endsWith("error-table.ts"));

test("docs/errors.md is what the error table makes", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/error-page.mjs", "--check"], { cwd: ROOT, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test.each(ERROR_CODES)("%s is thrown somewhere", (code) => {
  const users = sources.filter(({ text }) => text.includes(`"${code}"`));
  expect(users, `nothing throws ${code}: delete its row of the error table`).not.toEqual([]);
});

test("sources do not match on messages", () => {
  const wrong = sources
    .filter(({ text }) => /\.message\.(includes|match|startsWith|endsWith)|\.message\s*[!=]==/.test(text))
    .map(({ path }) => path);
  expect(wrong, "match on code or errno").toEqual([]);
});
