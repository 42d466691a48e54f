import { spawnSync } from "node:child_process";
import { OPTION_NAMES } from "@groupcast/backend";
import { expect, test } from "vitest";
import { ROOT, sourceFiles } from "./source-files.js";

const NATIVE = "packages/backend-native/src/addon/socket_options.cc";
const sources = sourceFiles("packages", ".ts").filter(({ path }) => path.includes("/src/") && !path.endsWith("option-table.ts"));
const native = sourceFiles("packages/backend-native/src/addon", ".cc").find(({ path }) => path === NATIVE)!.text;

test("docs/options.md is what the option table makes", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/option-page.mjs", "--check"], { cwd: ROOT, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test.each(OPTION_NAMES)("%s is used by the reactor or served by a backend", (name) => {
  const users = sources.filter(({ text }) => new RegExp(`\\b${name}\\b`).test(text));
  expect(users, `nothing knows ${name}: delete its row of the option table, or serve it`).not.toEqual([]);
});

test.each(OPTION_NAMES.filter((name) => name !== "unreadDrops"))("%s has a row in the native backend", (name) => {
  expect(native, `add a row for ${name} to ${NATIVE}`).toContain(`"${name}"`);
});
