// The guide on speed quotes the page that the benchmark made: when the page is made again, the guide's table follows.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT } from "../architecture/source-files.js";

const FIGURE = /\d[\d.]* µs/g;
const guide = readFileSync(`${ROOT}docs/performance.md`, "utf8");
const page = readFileSync(`${ROOT}docs/benchmarks.md`, "utf8");

test("every figure of the guide's table is on the page", () => {
  const quoted = guide
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .flatMap((line) => line.match(FIGURE) ?? []);
  const measured = new Set(page.match(FIGURE));
  expect(quoted.length).toBeGreaterThan(20);
  expect(quoted.filter((figure) => !measured.has(figure))).toEqual([]);
});
