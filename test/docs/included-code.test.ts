import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { ROOT } from "../architecture/source-files.js";

test("fences of the guides show the files that they name, as these are", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/included-code.mjs", "--check"], { cwd: ROOT, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
