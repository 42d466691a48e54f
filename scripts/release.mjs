// node scripts/release.mjs [--dry-run] [--repository <address>]: prepares a release, and publishes nothing. docs/releasing.md says what to
// do before and after.
//
// Takes the changes that wait in .changeset, sets the version of every package, writes CHANGELOG.md, and leaves checked tarballs in
// .cache/release. With --dry-run it says what it would do, checks the packages as they are, and changes nothing.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { waitingChanges } from "./changesets.mjs";
import { fail, ROOT, runQuietly, runVisibly } from "./command.mjs";
import { publishableFolders } from "./pack/tarballs.mjs";
import { homeless, parseRepository, refusalOfHome, writeHome } from "./release/project-home.mjs";

const CHANGESETS = "@changesets/cli@2.31.1"; // run a few times a year, so it is not installed with everything; the last that runs on Node 20
const { values } = parseArgs({ options: { "dry-run": { type: "boolean", default: false }, repository: { type: "string" } } });
const isDryRun = values["dry-run"];

const { changes, mistakes } = waitingChanges();
if (mistakes.length > 0) fail(`These changes would be lost:\n${mistakes.join("\n")}\nSee docs/releasing.md.`);
if (changes.length === 0) say("No change waits in .changeset; the packages stay at their version.");
for (const text of changes) say(text);

if (isDryRun) {
  const lacking = homeless(ROOT, publishableFolders());
  if (lacking.length > 0)
    say(`A release needs --repository <address>: these have no homepage, repository and bugs: ${lacking.join(", ")}.`);
  run(process.execPath, ["scripts/pack-check.mjs"]);
  say("Nothing was changed. Without --dry-run: versions and CHANGELOG.md are written, and tarballs are left in .cache/release.");
} else {
  const refusal = refusalOfHome(ROOT, publishableFolders(), values.repository);
  if (refusal !== undefined) fail(refusal);
  checkTree();
  settleHome();
  if (changes.length > 0) raiseVersions();
  run(process.execPath, ["scripts/test.mjs"]);
  run(process.execPath, ["scripts/check.mjs"]);
  run(process.execPath, ["scripts/pack-check.mjs", "--keep"]);
  say(`Ready. See docs/releasing.md:
  git commit -am "release: ${version()}" && git tag v${version()} && git push --atomic origin HEAD v${version()}
  for tarball in .cache/release/*.tgz; do npm publish "$tarball" --access public --provenance; done`);
}

/** A release is made of what is committed. */
function checkTree() {
  const { output } = runQuietly("git", ["status", "--porcelain"]);
  if (output !== "") fail(`Commit or remove these first:\n${output}`);
}

/** Writes the address, if it was given, where it belongs. */
function settleHome() {
  const repository = parseRepository(values.repository ?? "");
  if (repository !== undefined) writeHome(ROOT, publishableFolders(), repository);
}

function raiseVersions() {
  run("npx", ["--yes", CHANGESETS, "version"]);
  const { packageManager } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
  run("npx", ["--yes", packageManager, "install", "--lockfile-only"]);
  const [heading, ...rest] = readFileSync(`${ROOT}CHANGELOG.md`, "utf8").split("\n");
  const today = new Date().toISOString().slice(0, 10);
  const section = [`## ${version()} (${today})`, "", ...changes.map((text) => `- ${text.replaceAll("\n", "\n  ")}`)];
  writeFileSync(`${ROOT}CHANGELOG.md`, [heading, "", ...section, ...rest].join("\n"));
}

/** Every package has the same one. */
function version() {
  return JSON.parse(readFileSync(`${ROOT}packages/groupcast/package.json`, "utf8")).version;
}

/** @param {string} program @param {readonly string[]} args */
function run(program, args) {
  say(`> ${program} ${args.join(" ")}`);
  if (runVisibly(program, args) !== 0) fail(`"${program} ${args.join(" ")}" failed; nothing was published.`);
}

/** @param {string} text */
function say(text) {
  console.log(text);
}
