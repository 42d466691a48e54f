// What npm shows beside a package leads to the project: the release script writes it, and refuses to go on without it.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ROOT, sourceFiles } from "./source-files.js";

const FOLDERS = ["packages/base", "packages/groupcast"];
const ADDRESS = "https://example.org/team/groupcast";

/** Runs an expression with the functions of project-home.mjs on a repository of two packages that have no address. */
function tried(expression: string): unknown {
  const root = `${mkdtempSync(join(tmpdir(), "groupcast-home-"))}/`;
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const folder of FOLDERS) {
    mkdirSync(root + folder, { recursive: true });
    writeFileSync(`${root}${folder}/package.json`, JSON.stringify({ name: folder, version: "1.0.0", license: "MIT", type: "module" }));
  }
  writeFileSync(`${root}README.md`, "git clone <address of this repository> && cd groupcast\n");
  const program = `import { homeless, parseRepository, refusalOfHome, writeHome } from ${JSON.stringify(`${ROOT}scripts/release/project-home.mjs`)};
    import { readFileSync, writeFileSync } from "node:fs";
    const root = ${JSON.stringify(root)}, folders = ${JSON.stringify(FOLDERS)}, address = ${JSON.stringify(ADDRESS)};
    console.log(JSON.stringify(${expression}) ?? "null");`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout);
}

test("the address is written into every package, before its licence", () => {
  expect(tried("[homeless(root, folders), writeHome(root, folders, address), homeless(root, folders)]")).toEqual([FOLDERS, null, []]);
  const text = tried("(writeHome(root, folders, address), readFileSync(root + 'packages/base/package.json', 'utf8'))") as string;
  const manifest = JSON.parse(text);
  expect(Object.keys(manifest)).toEqual(["name", "version", "homepage", "repository", "bugs", "license", "type"]);
  expect(manifest).toMatchObject({
    homepage: `${ADDRESS}/tree/main/packages/base#readme`,
    repository: { type: "git", url: `git+${ADDRESS}.git`, directory: "packages/base" },
    bugs: { url: `${ADDRESS}/issues` },
  });
});

test("the README clones the address", () => {
  const text = tried("(writeHome(root, folders, address), readFileSync(root + 'README.md', 'utf8'))");
  expect(text).toBe(`git clone ${ADDRESS}.git && cd groupcast\n`);
});

test.each(["homepage", "repository", "bugs"])("a package without %s counts as homeless", (field) => {
  const change = `const path = root + folders[1] + "/package.json"; const manifest = JSON.parse(readFileSync(path));
    delete manifest.${field}; writeFileSync(path, JSON.stringify(manifest)); return homeless(root, folders);`;
  expect(tried(`(() => { writeHome(root, folders, address); ${change} })()`)).toEqual(["packages/groupcast"]);
});

test("an address is taken as browsers and git show it", () => {
  const parsed = (texts: readonly string[]) => tried(`${JSON.stringify(texts)}.map((text) => parseRepository(text) ?? null)`);
  const addresses = [ADDRESS, `${ADDRESS}/`, `${ADDRESS}.git`, ` ${ADDRESS}\n`];
  expect(parsed(addresses)).toEqual(addresses.map(() => ADDRESS));
  const others = ["", "groupcast", "http://example.org/a/b", "https://example.org", "https://example.org/team", "git@example.org:a/b.git"];
  expect(parsed(others)).toEqual(others.map(() => null));
});

test("the release refuses an address that is none, before anything else", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/release.mjs", "--repository", "groupcast"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("--repository groupcast: give an address such as") });
});

test("the release goes on with an address, given or written before, and not without", () => {
  expect(tried("refusalOfHome(root, folders, undefined)")).toContain("Nothing is published without homepage, repository and bugs");
  expect(tried("refusalOfHome(root, folders, undefined)")).toContain("packages/base, packages/groupcast");
  expect(tried("refusalOfHome(root, folders, address)")).toBeNull();
  expect(tried("[writeHome(root, folders, address), refusalOfHome(root, folders, undefined)]")).toEqual([null, null]);
});

test("every package has words to be found by", () => {
  const manifests = sourceFiles("packages", "package.json")
    .map(({ text }) => JSON.parse(text))
    .filter((manifest) => manifest.private !== true);
  expect(manifests.length).toBeGreaterThan(8);
  for (const { name, keywords } of manifests) expect(keywords, name).toEqual(expect.arrayContaining(["udp", "multicast"]));
});
