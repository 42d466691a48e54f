// The way of a datagram through the packages, by the tables of docs/architecture.md.
import { readFileSync } from "node:fs";
import { ROOT } from "../command.mjs";
import { arrow, box, picture, words } from "./drawing.mjs";

const LINE_HEIGHT = 18;
const FILE = /`(?:([\w-]+)\/src\/)?([\w./-]+)`/g;

/** Package → what it is; from the network to the user's code. A file without a package is of the reactor. */
const BANDS = /** @type {const} */ ({
  "backend-native": "or backend-dgram, backend-memory",
  reactor: "the same on every backend",
});

/** @returns {Promise<string>} */
export async function draw() {
  const ways = { in: filesOf("How a datagram arrives"), out: filesOf("How a datagram leaves") };
  const title =
    "In: kernel, backend, reactor, your protocol. Out: the same way back. Beside each package, the files that a datagram passes.";
  return picture({ width: 640, height: 442, title }, [
    box([170, 14], [300, 46], ["your protocol"], { kind: "ours" }),
    box([170, 112], [300, 150], ["@groupcast/reactor", BANDS.reactor]),
    box([170, 308], [300, 56], ["@groupcast/backend-native", BANDS["backend-native"]]),
    box([170, 390], [300, 40], "kernel"),
    arrow(
      [
        [200, 390],
        [200, 371],
      ],
      { kind: "good" },
    ),
    arrow(
      [
        [200, 308],
        [200, 269],
      ],
      { kind: "good" },
    ),
    arrow(
      [
        [200, 112],
        [200, 67],
      ],
      { kind: "good" },
    ),
    words([212, 92], "datagramReceived()", { kind: "code good" }),
    arrow([
      [440, 60],
      [440, 105],
    ]),
    words([428, 84], "write()", { kind: "code", anchor: "end" }),
    arrow([
      [440, 262],
      [440, 301],
    ]),
    arrow([
      [440, 364],
      [440, 383],
    ]),
    ...listed([158, 130], ways.in.reactor, "end"),
    ...listed([482, 130], ways.out.reactor, "start"),
    ...listed([158, 332], ways.in["backend-native"], "end"),
    ...listed([482, 332], ways.out["backend-native"], "start"),
  ]);
}

/**
 * @param {import("./drawing.mjs").Point} at
 * @param {readonly string[]} files
 * @param {"start" | "end"} anchor
 */
function listed([x, y], files, anchor) {
  return files.map((file, index) => words([x, y + index * LINE_HEIGHT], file, { kind: "small", anchor }));
}

/** Files of a table's last column, by package. @param {string} heading Of the section with the table. */
function filesOf(heading) {
  const page = readFileSync(`${ROOT}docs/architecture.md`, "utf8");
  const [, section = ""] = page.split(`## ${heading}\n`);
  const rows = section
    .slice(0, section.indexOf("\n## "))
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| step"));
  /** @type {Record<keyof typeof BANDS, string[]>} */
  const found = { "backend-native": [], reactor: [] };
  for (const row of rows) {
    const where = row.split("|").at(-2) ?? "";
    for (const [, name, path = ""] of where.matchAll(FILE)) add(found[name === "backend-native" ? name : "reactor"], path);
  }
  if (found.reactor.length === 0) throw new Error(`docs/architecture.md has no table of files under "${heading}"`);
  return found;
}

/** @param {string[]} files @param {string} path */
function add(files, path) {
  const name = path.split("/").at(-1) ?? path;
  if (!name.includes("(") && !files.includes(name)) files.push(name);
}
