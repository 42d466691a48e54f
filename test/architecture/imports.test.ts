import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT, sourceFiles } from "./source-files.js";

/** Package → what it may import, besides its own files and what {@link EVERYWHERE} allows. The table of docs/architecture.md. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  base: ["eventemitter3"],
  backend: ["@groupcast/base"],
  "backend-native": ["@groupcast/base", "@groupcast/backend"],
  "backend-dgram": ["@groupcast/base", "@groupcast/backend", "node:dgram", "node:os"],
  "backend-memory": ["@groupcast/base", "@groupcast/backend"],
  "backend-compliance": ["@groupcast/base", "@groupcast/backend"],
  reactor: ["@groupcast/base", "@groupcast/backend"],
  diagnosis: ["@groupcast/base", "@groupcast/backend", "@groupcast/reactor"],
  monitor: ["@groupcast/base", "@groupcast/backend", "@groupcast/reactor", "@groupcast/diagnosis"],
  groupcast: [
    "@groupcast/base",
    "@groupcast/reactor",
    "@groupcast/backend",
    "@groupcast/backend-native",
    "@groupcast/backend-dgram",
    "@groupcast/diagnosis", // loaded by reactor.diagnose()
  ],
  dgram: ["@groupcast/base", "groupcast", "node:dgram"],
  channels: ["@groupcast/base", "groupcast", "@nats-io/transport-node", "@nats-io/jetstream", "@msgpack/msgpack"],
  opentelemetry: ["@groupcast/base", "@groupcast/reactor", "@opentelemetry/api"],
};

/** Packages that are programs: nobody imports them, and they may import anything. */
const PROGRAMS = ["bench", "cli", "drop-in"];

/** Modules of Node that reach neither network nor other processes. */
const EVERYWHERE = [
  "node:assert",
  "node:diagnostics_channel",
  "node:assert/strict",
  "node:util",
  "node:net",
  "node:fs",
  "node:module",
  "node:perf_hooks",
  "node:url",
  "node:path",
  "node:process",
];

/** Modules that one package may use on top of that: why stands beside it. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  reactor: ["node:dns"], // reactor.resolve()
  groupcast: ["node:events", "node:os", "node:worker_threads"], // once(), with types; startWorkers()
  dgram: ["node:async_hooks", "node:child_process", "node:cluster", "node:dns", "node:events", "node:os", "node:tty"], // node:dgram's own API: contexts, the program that npx runs, workers of a cluster, look-ups, events, errnos, kinds of descriptors
  channels: ["node:crypto"], // sealed channels
  monitor: ["node:crypto", "node:http", "node:os"], // the page: tokens, its server, the name of the host
  "backend-native": ["node:vm", "node:worker_threads"], // memory that cannot be transferred
  "backend-compliance": ["node:child_process", "node:events", "node:v8", "node:vm", "node:worker_threads"], // contracts on processes, threads and garbage
};

const IMPORT =
  /^\s*(?:import|export)\b[^;'"]*?from\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\b(?:import|(?<!`process\.)getBuiltinModule)\(\s*["']([^"']+)["']/gm; // that in backticks is prose

function importsOf(text: string): string[] {
  return [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3]!);
}

test("packages are all in the table of arrows", () => {
  const unknown = readdirSync(`${ROOT}packages`).filter((name) => !PROGRAMS.includes(name) && !(name in ARROWS));
  expect(unknown, "add the package to ARROWS here and to docs/architecture.md").toEqual([]);
});

test("docs/architecture.md draws the same arrows", () => {
  const [, table = ""] = readFileSync(`${ROOT}docs/architecture.md`, "utf8").split("## Packages and their allowed imports");
  const rows = table.slice(0, table.indexOf("\n## ")).matchAll(/^\| `(?:@groupcast\/)?([\w-]+)`[^|]*\|[^|]*\|([^|]*)\|$/gm);
  const drawn = [...rows].map(([, name, targets]) => [name, [...targets!.matchAll(/`([^`]+)`/g)].map((match) => match[1]).sort()]);
  const held = Object.entries(ARROWS).map(([name, targets]) => [name, targets.map((target) => target.replace("@groupcast/", "")).sort()]);
  expect(Object.fromEntries(drawn), "change the page and ARROWS together, with a decision").toEqual(Object.fromEntries(held));
});

test.each(Object.keys(ARROWS).filter((name) => existsSync(`${ROOT}packages/${name}/src`)))("%s imports what its arrows allow", (name) => {
  const allowed = [...ARROWS[name]!, ...EVERYWHERE, ...(EXCEPTIONS[name] ?? [])];
  const wrong = sourceFiles(`packages/${name}/src`, ".ts").flatMap(({ path, text }) =>
    importsOf(text)
      .filter((target) => !target.startsWith(".") && !allowed.includes(target))
      .map((target) => `${path} imports ${target}`),
  );
  expect(wrong, "move the code to where the arrow is allowed, or change docs/architecture.md and ARROWS with a decision").toEqual([]);
});

test.each(Object.keys(ARROWS).filter((name) => existsSync(`${ROOT}packages/${name}/src`)))("%s imports no file outside its src", (name) => {
  const wrong = sourceFiles(`packages/${name}/src`, ".ts").flatMap(({ path, text }) => {
    const depth = path.split("/").length - 4; // packages/<name>/src/<file>
    return importsOf(text)
      .filter((target) => target.startsWith("../".repeat(depth + 1)))
      .map((target) => `${path} imports ${target}`);
  });
  expect(wrong, "import the package by its name").toEqual([]);
});
