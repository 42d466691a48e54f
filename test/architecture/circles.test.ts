// No two files import each other, by whatever way round, not even for types; and no two rooms. A folder directly below src is a room, and so is
// each file beside the folders.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { circlesOf, type Graph } from "./circles.js";
import { ROOT, sourceFiles } from "./source-files.js";

const RELATIVE_IMPORT = /(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)\.js["']/g;

const packages = readdirSync(`${ROOT}packages`).filter((name) => existsSync(`${ROOT}packages/${name}/src`));

function arrowsOf(name: string): Graph {
  return arrowsIn(`packages/${name}/src`);
}

function arrowsIn(folder: string): Graph {
  const files = sourceFiles(folder, ".ts");
  return new Map(
    files.map(({ path, text }) => [path, [...text.matchAll(RELATIVE_IMPORT)].map(([, target]) => `${join(dirname(path), target!)}.ts`)]),
  );
}

/** packages/reactor/src/port/port.ts → port; packages/reactor/src/reactor.ts → reactor.ts */
function roomOf(path: string): string {
  return path.split("/")[3]!;
}

function roomsOf(files: Graph): Graph {
  const rooms = new Map<string, string[]>();
  for (const [path, targets] of files) {
    const room = roomOf(path);
    const others = targets.map(roomOf).filter((other) => other !== room);
    rooms.set(room, [...(rooms.get(room) ?? []), ...others]);
  }
  return rooms;
}

test.each(packages)("the files of %s import each other in no circle", (name) => {
  expect(circlesOf(arrowsOf(name)), "give what two of them need a file of its own").toEqual([]);
});

test("the files of test import each other in no circle", () => {
  expect(circlesOf(arrowsIn("test"))).toEqual([]);
});

test.each(packages)("the folders of %s import each other in no circle", (name) => {
  expect(circlesOf(roomsOf(arrowsOf(name))), "move the file to the folder that needs it, or below both").toEqual([]);
});

test("every relative import leads to a file that is there", () => {
  const lost = packages.flatMap((name) => {
    const files = arrowsOf(name);
    return [...files].flatMap(([path, targets]) => targets.filter((target) => !files.has(target)).map((target) => `${path} → ${target}`));
  });
  expect(lost).toEqual([]);
});

test.each([
  [{ a: ["b"], b: [] }, []],
  [{ a: ["b"], b: ["a"] }, [["a", "b"]]],
  [{ a: ["a"] }, [["a"]]],
  [{ a: ["b"], b: ["c"], c: ["a"], d: ["a"] }, [["a", "b", "c"]]],
  [{ a: ["b", "c"], b: ["d"], c: ["d"], d: [] }, []],
])("circlesOf(%j) finds %j", (graph, circles) => {
  expect(circlesOf(new Map(Object.entries(graph)))).toEqual(circles);
});
