/** npm run drop-in: runs exchanges, all or those that are named, and writes the page, or with --check compares it. */
import { readFileSync, writeFileSync } from "node:fs";
import { EXCHANGES } from "./exchanges.js";
import { page } from "./page.js";
import { type Outcome, runExchange } from "./run-exchange.js";

const PAGE = new URL("../../../docs/npm-packages.md", import.meta.url);

const names = process.argv.slice(2).filter((argument) => argument !== "--check");
const isCheck = process.argv.includes("--check");
const unknown = names.filter((name) => !EXCHANGES.some((exchange) => exchange.name === name));
const chosen = EXCHANGES.filter(({ name }) => names.length === 0 || names.includes(name));
let isRight = unknown.length === 0;

if (!isRight) console.error(`There is no exchange ${unknown.join(", ")}`);
if (process.env.GROUPCAST_OWN_NETWORK !== "1") {
  console.error(`The protocols want a network of their own. ${process.env.GROUPCAST_NO_NAMESPACE ?? "Run npm run drop-in"}`);
  isRight = false;
}
if (isRight) {
  for (const exchange of chosen) {
    const outcomes = await runExchange(exchange);
    for (const outcome of outcomes) report(exchange.name, outcome);
    isRight &&= outcomes.every(({ problems }) => problems.length === 0);
  }
  if (isRight) finishPage();
}
process.exitCode = isRight ? 0 : 1;

function report(name: string, { pairing, problems }: Outcome): void {
  console.log(`${problems.length === 0 ? "same" : "DIFFERS"}  ${name}: ${pairing.join(" and ")}`);
  for (const problem of problems) console.log(`    ${problem}`);
}

function finishPage(): void {
  if (!isCheck && names.length === 0) writeFileSync(PAGE, page());
  else if (readFileSync(PAGE, "utf8") !== page()) {
    console.error("docs/npm-packages.md is not what its tables say: run npm run drop-in");
    isRight = false;
  }
}
