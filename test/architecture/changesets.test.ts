// What .changeset holds reaches the changelog: the gate leaves the files as they are written, and a release refuses what it cannot read.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "./source-files.js";

const FENCE = /^```text\n([\s\S]*?)^```$/m;
const example = readFileSync(`${ROOT}docs/releasing.md`, "utf8").match(FENCE)![1]!;

interface Waiting {
  readonly changes: readonly string[];
  readonly mistakes: readonly string[];
}

/** Asks scripts/changesets.mjs about the folder `changes`, or about the repository's own. */
function waiting(changes?: Readonly<Record<string, string>>): Waiting {
  const program = `import { waitingChanges } from ${JSON.stringify(`${ROOT}scripts/changesets.mjs`)};
    console.log(JSON.stringify(waitingChanges(${changes === undefined ? "" : JSON.stringify(`${folderOf(changes)}/`)})));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout) as Waiting;
}

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "groupcast-changes-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test("the example of docs/releasing.md is a change that a release can read", () => {
  expect(waiting({ "a.md": example })).toEqual({ changes: ["`joinGroup` takes a list of interfaces."], mistakes: [] });
});

test("biome check --write leaves a change as docs/releasing.md shows it", () => {
  const folder = folderOf({});
  cpSync(`${ROOT}biome.json`, `${folder}/biome.json`);
  writeFileSync(`${folder}/.gitignore`, ""); // biome.json asks for one
  mkdirSync(`${folder}/.changeset`);
  writeFileSync(`${folder}/.changeset/a.md`, example);
  const biome = `${ROOT}node_modules/@biomejs/biome/bin/biome`;
  spawnSync(process.execPath, [biome, "check", "--write", "--vcs-enabled=false"], { cwd: folder });
  expect(readFileSync(`${folder}/.changeset/a.md`, "utf8")).toBe(example);
});

test.each([
  ["a heading for front matter", '---\n\n## "groupcast": minor\n\nWords.\n', "it does not begin with"],
  ["nothing at all", "Words.\n", "it does not begin with"],
  ["no such package", '---\n"groupcats": minor\n---\n\nWords.\n', '"groupcats" is not a package'],
  ["a line that is none", "---\ngroupcast minor\n---\n\nWords.\n", "is not a package and the size of its change"],
  ["no such size", '---\n"groupcast": huge\n---\n\nWords.\n', '"huge" is none of'],
  ["no words", '---\n"groupcast": minor\n---\n', "it says nothing to users"],
])("a change with %s is a mistake, which names the file", (_, text, mistake) => {
  const { changes, mistakes } = waiting({ "odd.md": text, "good.md": example });
  expect(changes).toHaveLength(1);
  expect(mistakes).toEqual([expect.stringMatching(/odd\.md: /)]);
  expect(mistakes[0]).toContain(mistake);
});

test("every change that waits in .changeset can be read", () => {
  expect(waiting().mistakes).toEqual([]);
});

test("release.mjs stops before anything else when a change cannot be read", () => {
  const folder = folderOf({});
  cpSync(`${ROOT}scripts`, `${folder}/scripts`, { recursive: true });
  mkdirSync(`${folder}/packages`);
  mkdirSync(`${folder}/.changeset`);
  writeFileSync(`${folder}/.changeset/odd.md`, "Words.\n");
  const { status, stderr } = spawnSync(process.execPath, ["scripts/release.mjs", "--dry-run"], { cwd: folder, encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain(".changeset/odd.md: it does not begin with");
});
