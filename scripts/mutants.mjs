// npm run mutants [-- <part of a path> … --minutes <number> --sample <number> --more --survivors --by-hand --copy <name>]: mutation testing.
//
// Makes one small mistake at a time in a copy of this commit, runs the tests that belong to the file, and counts the mistakes that no
// test notices. Writes the score of each file it has finished into docs/mutants.md. Not a part of the gate: it takes hours for all files.
import { fork, spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import ts from "typescript";
import { fail, ROOT, runQuietly } from "./command.mjs";
import { foundationBundle, isOfFoundation } from "./foundation-bundle.mjs";
import { BY_HAND } from "./mutants/by-hand.mjs";
import { reasonOfEquivalence } from "./mutants/equivalent.mjs";
import { mutationsOf } from "./mutants/operators.mjs";
import { recordResults } from "./mutants/page.mjs";
import { keepVerdicts, verdictsOf } from "./mutants/results.mjs";
import { TARGETS } from "./mutants/targets.mjs";
import { packageBundle } from "./package-bundle.mjs";

/**
 * @typedef {object} Mutant
 * @property {string} path
 * @property {string} what Operator and place, for people.
 * @property {string} text Whole text of the changed file.
 * @property {readonly string[]} tests
 * @property {string | undefined} [equivalence] Why it changes nothing that anybody can see.
 *
 * @typedef {import("./mutants/results.mjs").Verdict} Verdict
 */

const LEAST_LIMIT_MS = 20_000;
const LIMIT_FACTOR = 4; // times the run without a mutant: what takes longer hangs
const OUT_OF_TIME = "ran out of time";

const HELP = `npm run mutants [-- options] [part of a path …]: makes one small mistake at a time, and counts those that no test notices.
Without a path, all files of scripts/mutants/targets.mjs: the better part of an hour. The score of each finished file goes into docs/mutants.md.
  --sample N       N mutants of each file, spread evenly over it
  --minutes N      stops after N minutes
  --more           only mutants that have not run before on this text of the file
  --survivors      only those that survived
  --by-hand        the list of scripts/mutants/by-hand.mjs
  --copy NAME      works in .cache/NAME, so that several can run side by side
  --help           this text
Exit code: 0 done, 1 not run to the end, 2 wrong use.
`;

const { values, positionals } = given();
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const [all, list] = values["by-hand"] ? [BY_HAND, "by-hand"] : [TARGETS, "targets"];
if (!all.some(({ path }) => isWanted(path))) misuse(`No path in scripts/mutants/${list}.mjs has ${positionals.join(" or ")} in it`);
for (const name of /** @type {const} */ (["minutes", "sample"])) {
  if (values[name] !== undefined && !(Number(values[name]) > 0)) misuse(`--${name} ${values[name]}: a number above 0 is needed`);
}
const SCRATCH = `${ROOT}.cache/${values.copy ?? (values["by-hand"] ? "mutants-by-hand" : "mutants")}/`; // several can run side by side
const deadlineMs = performance.now() + Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
const commit = git(ROOT, "rev-parse", "HEAD");

prepareScratch();
/** @type {import("node:child_process").ChildProcess | undefined} */
let host;
if (values["by-hand"]) await runByHand();
else for (const target of TARGETS.filter(({ path }) => isWanted(path))) if (performance.now() < deadlineMs) await runTarget(target);
host?.disconnect();

function given() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        copy: { type: "string" },
        minutes: { type: "string" },
        sample: { type: "string" },
        survivors: { type: "boolean", default: false },
        more: { type: "boolean", default: false },
        "by-hand": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return misuse(/** @type {Error} */ (error).message.split(". ")[0]);
  }
}

/** Ends with what is wrong, and how it goes. @param {string | undefined} what @returns {never} */
function misuse(what) {
  process.stderr.write(`${what}\n\n${HELP}`);
  process.exit(2);
}

/** @param {string} path */
function isWanted(path) {
  return positionals.length === 0 || positionals.some((part) => path.includes(part));
}

/** A copy of this commit with everything built, so that a mistake never gets into this checkout. */
function prepareScratch() {
  if (!existsSync(`${SCRATCH}.git`)) git(ROOT, "worktree", "add", "--detach", SCRATCH, commit);
  git(SCRATCH, "checkout", "--force", "--detach", commit);
  const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: SCRATCH, stdio: "inherit" });
  if (built.status !== 0) fail("The copy of this commit does not build.");
  cpSync(`${ROOT}scripts/mutants`, `${SCRATCH}scripts/mutants`, { recursive: true });
}

/** @param {import("./mutants/targets.mjs").Target} target */
async function runTarget({ path, tests }) {
  const text = readFileSync(SCRATCH + path, "utf8");
  const present = tests.filter((test) => existsSync(SCRATCH + test));
  const all = mutantsOf(path, text, present);
  const known = verdictsOf(path, text);
  const chosen = sampleOf(all).filter((mutant) => mutant.equivalence === undefined && isOpen(known.get(mutant.what)));
  process.stdout.write(`\n${path}: ${chosen.length} of ${all.length} mutants\n`);
  const limitMs = chosen.length > 0 ? await measure(path, present) : 0;
  for (const mutant of chosen) {
    if (performance.now() > deadlineMs) break;
    known.set(mutant.what, await judge(mutant, limitMs));
  }
  await apply(path, text);
  keepVerdicts(path, text, [...known.values()]);
  const equivalents = new Set(all.filter(({ equivalence }) => equivalence !== undefined).map(({ what }) => what));
  const verdicts = [...known.values()].filter(({ what }) => !equivalents.has(what));
  recordResults({
    path,
    commit: git(SCRATCH, "log", "-1", "--format=%h", "--", path),
    mutants: all.length,
    equivalent: equivalents.size,
    verdicts,
  });
  report(verdicts);
}

/** Whether a mutant is to be run, after what was found before. @param {Verdict | undefined} before */
function isOpen(before) {
  if (values.survivors) return before !== undefined && before.killer === undefined;
  return values.more ? before === undefined : true;
}

/**
 * @param {string} path
 * @param {string} text
 * @param {readonly string[]} tests
 * @returns {Mutant[]}
 */
function mutantsOf(path, text, tests) {
  const lines = text.split("\n");
  return mutationsOf(path, text).map(({ operator, start, end, replacement }) => {
    const line = lineOf(text, start);
    const code = String(lines[line - 1]).trim();
    const what = `${operator}: \`${excerpt(text.slice(start, end))}\` in line ${line}, column ${start - text.lastIndexOf("\n", start - 1)}`;
    const changed = text.slice(0, start) + replacement + text.slice(end);
    return { path, what, text: changed, tests, equivalence: reasonOfEquivalence(path, operator, code) };
  });
}

/** The mutants of findings, TypeScript and C++: each is a mistake that once went unnoticed. */
async function runByHand() {
  /** @type {Verdict[]} */
  const verdicts = [];
  for (const { path, find, replacement, tests, mistake } of BY_HAND.filter(({ path }) => isWanted(path))) {
    const text = readFileSync(SCRATCH + path, "utf8");
    if (text.split(find).length !== 2) fail(`${path} does not have once what the mutant "${mistake}" changes: ${find}`);
    const limitMs = await measure(path, tests);
    const mutant = { path, what: `${path.split("/").at(-1)}: ${mistake}`, text: text.replace(find, () => replacement), tests };
    verdicts.push(await judge(mutant, limitMs));
    await apply(path, text);
  }
  report(verdicts);
}

/** @param {Mutant} mutant @param {number} limitMs @returns {Promise<Verdict>} */
async function judge({ path, what, text, tests }, limitMs) {
  const killer = (await apply(path, text)) ?? (await run(path, tests, limitMs));
  process.stdout.write(
    `  ${killer === undefined ? "SURVIVED" : "killed  "}  ${what}${killer === undefined ? "" : `  [${excerpt(killer)}]`}\n`,
  );
  return { what, killer };
}

/**
 * Runs the tests without a mistake, which must succeed; returns how long a run may take.
 *
 * @param {string} path
 * @param {readonly string[]} tests
 */
async function measure(path, tests) {
  const startMs = performance.now();
  const failed = await run(path, tests, Number.POSITIVE_INFINITY);
  if (failed !== undefined) fail(`The tests of ${path} fail without a mutant: ${failed}`);
  return Math.max(LEAST_LIMIT_MS, LIMIT_FACTOR * (performance.now() - startMs));
}

/**
 * Puts a text in the place of a source, and makes again what the tests run. Returns the reason when nothing can be made of it.
 *
 * @param {string} path
 * @param {string} text
 * @returns {Promise<string | undefined>}
 */
async function apply(path, text) {
  writeFileSync(SCRATCH + path, text);
  if (path.endsWith(".ts")) return await transpile(path, text);
  const { status, stderr } = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: SCRATCH, encoding: "utf8" });
  return status === 0 ? undefined : `does not compile: ${stderr}`;
}

/** One file and the bundles that it is in: what tsc and scripts/bundle.mjs do in seconds for all of them. @param {string} path @param {string} text */
async function transpile(path, text) {
  const { config } = ts.readConfigFile(`${SCRATCH}tsconfig.base.json`, ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, SCRATCH);
  const compiled = `${SCRATCH}${path.replace("/src/", "/dist/").replace(/\.ts$/, ".js")}`;
  const { outputText, sourceMapText } = ts.transpileModule(text, { compilerOptions: options, fileName: path });
  writeFileSync(compiled, outputText);
  writeFileSync(`${compiled}.map`, sourceMapText ?? "");
  const name = basename(String(path.split("/src/")[0]));
  const { files } = await packageBundle(name, SCRATCH);
  if (isOfFoundation(name)) files.push(...(await foundationBundle(SCRATCH)));
  for (const file of files) {
    writeFileSync(`${file.path}.new`, file.content);
    renameSync(`${file.path}.new`, file.path);
  }
  return undefined;
}

/**
 * Runs tests in the copy; returns the name of the first that failed.
 *
 * @param {string} changed
 * @param {readonly string[]} tests
 * @param {number} limitMs
 * @returns {Promise<string | undefined>}
 */
async function run(changed, tests, limitMs) {
  host ??= await startHost();
  const child = host;
  const answer = await new Promise((resolve) => {
    const timer = Number.isFinite(limitMs) ? setTimeout(() => resolve(OUT_OF_TIME), limitMs) : undefined;
    child.once("exit", () => resolve("the test run died"));
    child.once("message", (message) => {
      clearTimeout(timer);
      resolve(message);
    });
    child.send({ changed: SCRATCH + changed, tests: tests.map((test) => SCRATCH + test) });
  });
  child.removeAllListeners();
  endOrphans(/** @type {number} */ (child.pid));
  if (typeof answer !== "string") return answer.ran === 0 ? fail("No test ran.") : answer.failed;
  endHost(child);
  return answer;
}

/** @returns {Promise<import("node:child_process").ChildProcess>} */
async function startHost() {
  const child = fork(`${SCRATCH}scripts/mutants/host.mjs`, { cwd: SCRATCH, detached: true, silent: true });
  child.stdout?.resume();
  let said = "";
  child.stderr?.on("data", (chunk) => (said += chunk));
  await new Promise((resolve) => {
    child.once("message", resolve);
    child.once("exit", () => fail(`The test runner does not start.\n${said}`));
  });
  child.removeAllListeners();
  return child;
}

/** Ends it and the processes of its own group, which are its tests; one in an endless loop ends no other way. @param {import("node:child_process").ChildProcess} child */
function endHost(child) {
  host = undefined;
  try {
    process.kill(-(/** @type {number} */ (child.pid)), "SIGKILL");
  } catch {} // it has ended by itself
}

/**
 * Ends the programs that tests started and left behind: a mutant makes some spin for ever. They are the processes of the host's group whose
 * parent, a test's process, has ended. Their children are orphans next.
 *
 * @param {number} group
 */
function endOrphans(group) {
  for (let orphans = orphansOf(group); orphans.length > 0; orphans = orphansOf(group)) {
    for (const pid of orphans) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {} // it has ended by itself
    }
  }
}

/** @param {number} group */
function orphansOf(group) {
  const { output } = runQuietly("ps", ["-e", "-o", "pid=,ppid=,pgid=,stat="]);
  const members = output
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , pgid, state]) => Number(pgid) === group && !state?.startsWith("Z"))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
  const isMember = (/** @type {number} */ pid) => members.some((member) => member.pid === pid);
  return members.filter(({ pid, parent }) => pid !== group && !isMember(parent)).map(({ pid }) => pid);
}

/** Every n-th, so that the whole file is touched. @param {readonly Mutant[]} all */
function sampleOf(all) {
  const wanted = Math.min(all.length, Number(values.sample ?? all.length));
  return Array.from({ length: wanted }, (_, index) => /** @type {Mutant} */ (all[Math.floor((index * all.length) / wanted)]));
}

/** @param {readonly Verdict[]} verdicts */
function report(verdicts) {
  const killed = verdicts.filter(({ killer }) => killer !== undefined).length;
  process.stdout.write(`  ${killed} of ${verdicts.length} killed\n`);
}

/** @param {string} text @param {number} offset */
function lineOf(text, offset) {
  return text.slice(0, offset).split("\n").length;
}

/** @param {string} text */
function excerpt(text) {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}

/** @param {string} cwd @param {readonly string[]} args */
function git(cwd, ...args) {
  const { succeeded, output } = runQuietly("git", ["-C", cwd, ...args]);
  return succeeded ? output : fail(output);
}
