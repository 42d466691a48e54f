import { spawnSync } from "node:child_process";
import { BACKEND_ERRORS } from "@groupcast/backend";
import { MEMORY_ERRORS } from "@groupcast/backend-memory";
import { BASE_ERRORS } from "@groupcast/base";
import { CHANNEL_ERRORS } from "@groupcast/channels";
import { OPENTELEMETRY_ERRORS } from "@groupcast/opentelemetry";
import { REACTOR_ERRORS } from "@groupcast/reactor";
import { expect, test } from "vitest";
import { ROOT, sourceFiles } from "./source-files.js";

const TABLES = { BASE_ERRORS, BACKEND_ERRORS, MEMORY_ERRORS, REACTOR_ERRORS, CHANNEL_ERRORS, OPENTELEMETRY_ERRORS };
const ROWS = Object.entries(TABLES).flatMap(([table, definitions]) => Object.keys(definitions).map((code) => ({ table, code })));

const sources = sourceFiles("packages", ".ts").filter(({ path }) => path.includes("/src/"));

test("docs/errors.md is what the error tables make", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/error-page.mjs", "--check"], { cwd: ROOT, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("every table of errors is listed here", () => {
  const defined = sources.flatMap(({ text }) => [...text.matchAll(/^export const (\w+): ErrorDefinitions</gm)].map(([, name]) => name!));
  expect(defined.sort()).toEqual(Object.keys(TABLES).sort());
});

test("each code stands in one table", () => {
  const codes = ROWS.map(({ code }) => code);
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
});

test.each(ROWS)("$code is thrown somewhere", ({ table, code }) => {
  const users = sources.filter(({ text }) => text.includes(`${table}.${code}`) || new RegExp(`readonly code = "${code}"`).test(text));
  expect(users, `nothing throws ${code}: delete its row of ${table}`).not.toEqual([]);
});

test("sources do not match on messages", () => {
  const wrong = sources
    .filter(({ text }) => /\.message\.(includes|match|startsWith|endsWith)|\.message\s*[!=]==/.test(text))
    .map(({ path }) => path);
  expect(wrong, "match on code or errno").toEqual([]);
});
