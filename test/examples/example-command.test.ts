// npm run example: the examples in one command.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT } from "../architecture/source-files.js";

const numbered = readdirSync(`${ROOT}examples`).filter((name) => /^\d/.test(name));

function example(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/example.mjs", ...args], { cwd: ROOT, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("npm run example lists each example with what it is about", () => {
  const { status, stdout } = example();
  const rows = stdout.trimEnd().split("\n");
  expect({ status, names: rows.map((row) => row.trim().split(" ")[0]) }).toEqual({ status: 0, names: numbered });
  expect(rows.filter((row) => !/^ {2}\S+ {2,}\S.{5,}$/.test(row))).toEqual([]);
});

test.each(["99", "nothing-like-it"])("npm run example -- %s says which there are", (name) => {
  const { status, stderr } = example(name);
  expect({ status, says: stderr.includes(`There is no example "${name}"`) && stderr.includes("01-echo-server") }).toEqual({
    status: 1,
    says: true,
  });
});

test("npm run example -- mdns asks which of two", () => {
  expect(example("mdns")).toEqual({ status: 1, stdout: "", stderr: '\n"mdns" may be 10-mdns-browser, 11-mdns-responder.\n' });
});

test.each(["15", "fate"])("npm run example -- %s runs the program", (name) => {
  const { status, stdout, stderr } = example(name);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^received: to myself$/m);
});
