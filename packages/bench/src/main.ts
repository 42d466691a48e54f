/** npm run bench: see options.ts. */
import { writeFileSync } from "node:fs";
import { buildC } from "./build-programs.js";
import { verdicts } from "./limits.js";
import { isIsolated, runIsolated } from "./loopback.js";
import { machine } from "./machine.js";
import { HELP, type Options, readOptions, timingOf } from "./options.js";
import { writePage } from "./page.js";
import { PEERS, type Peer } from "./peers.js";
import { asJson } from "./report.js";
import { RIVAL_LIMITS } from "./rivals.js";
import { type Measurement, measure } from "./rounds.js";
import type { Scenario } from "./scenario.js";
import { SCENARIOS } from "./scenarios.js";
import { asText, rowsOf } from "./tables.js";

function chosenScenarios({ isQuick, only }: Options): readonly Scenario[] {
  return SCENARIOS.filter(({ id, isQuick: isInQuick }) =>
    only === undefined ? !isQuick || isInQuick === true : only.some((start) => id.startsWith(start)),
  );
}

/** Returns the peers that can run, and prints those that cannot. */
function presentPeers({ peers }: Options): readonly Peer[] {
  return PEERS.filter((peer) => {
    if (peers !== undefined && !peers.includes(peer.name)) return false;
    const missing = peer.findMissing();
    if (missing !== undefined) console.log(`missing: ${peer.name} (${missing}); "npm run bench:peers" installs it`);
    return missing === undefined;
  });
}

function showProgress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${text}`);
  else console.log(text);
}

function report(measurements: readonly Measurement[]): void {
  for (const measurement of measurements) {
    console.log(`\n${measurement.scenario.id}: ${measurement.scenario.title}\n${asText(rowsOf(measurement))}`);
    for (const { peer, failures } of measurement.entries) for (const failure of failures) console.log(`failed: ${peer}: ${failure}`);
  }
  const judged = [...verdicts(measurements), ...verdicts(measurements, RIVAL_LIMITS)];
  if (judged.length > 0) console.log("\nlimits");
  for (const { text, ratio, ratioOfC, isMet } of judged) {
    const limit = ratioOfC === undefined ? "" : ` (C recvmmsg in our place: ${ratioOfC.toFixed(2)})`;
    console.log(`${isMet ? "met   " : "MISSED"} ${ratio.toFixed(2).padStart(6)}  ${text}${limit}`);
  }
}

async function run(options: Options): Promise<number> {
  const missingLoad = buildC("load");
  if (missingLoad !== undefined) {
    console.log(`The load generator is a C program, and cannot be compiled: ${missingLoad}`);
    return 1;
  }
  const peers = presentPeers(options);
  if (!isIsolated()) console.log("no network namespace: on the host's loopback interface, with a slower sender");
  const startedMs = performance.now();
  const measurements = await measure({
    scenarios: chosenScenarios(options),
    peers,
    rounds: options.rounds,
    timing: timingOf(options),
    progress: showProgress,
  });
  report(measurements);
  const facts = machine(peers, options);
  if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, asJson(measurements, facts));
  if (options.writesPage) console.log(`\nwrote ${writePage(measurements, facts)}`);
  console.log(`\n${Math.round((performance.now() - startedMs) / 1000)} s`);
  return measurements.some(({ entries }) => entries.some(({ failures }) => failures.length > 0)) ? 1 : 0;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.action === "run") return runIsolated() ?? (await run(options));
  if (options.action === "help") console.log(HELP);
  else {
    for (const { id, title } of SCENARIOS) console.log(`${id.padEnd(22)} ${title}`);
    for (const { name, what } of PEERS) console.log(`${name.padEnd(22)} ${what}`);
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\nnpm run bench -- --help`);
  process.exitCode = 1;
}
