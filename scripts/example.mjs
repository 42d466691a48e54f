// npm run example -- <name or number> [<arguments>]: sets up what changed, then runs an example. Without a name it lists them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fail, ROOT, runVisibly } from "./command.mjs";
import { setUp } from "./setup.mjs";

const SUMMARY = /^\/\*\*\n \* (.+)\.$/m; // first line of a program's comment
const NUMBER = /^(\d+)-/;

const examples = readdirSync(`${ROOT}examples`).filter((name) => NUMBER.test(name) && existsSync(`${ROOT}examples/${name}/main.ts`));
const [asked, ...args] = process.argv.slice(2);

if (asked === undefined) console.log(list());
else {
  const found = examples.filter((name) => isMeant(name, asked));
  const [name] = found;
  if (name === undefined) fail(`There is no example "${asked}". These are there:\n${list()}`);
  if (found.length > 1) fail(`"${asked}" may be ${found.join(", ")}.`);
  setUp();
  process.exitCode = runVisibly(process.execPath, ["--enable-source-maps", `examples/dist/${name}/main.js`, ...args]);
}

/** By number, as the list has it or without zeros, or by a part of the name. @param {string} name @param {string} words */
function isMeant(name, words) {
  const number = Number(NUMBER.exec(name)?.[1]);
  return /^\d+$/.test(words) ? number === Number(words) : name === words || name.replace(NUMBER, "").includes(words);
}

function list() {
  const width = Math.max(...examples.map((name) => name.length));
  return examples.map((name) => `  ${name.padEnd(width)}  ${summaryOf(name)}`).join("\n");
}

/** @param {string} name */
function summaryOf(name) {
  return SUMMARY.exec(readFileSync(`${ROOT}examples/${name}/main.ts`, "utf8"))?.[1] ?? "";
}
