/** npm run soak: a mixed load on both backends with faults in between, the trends of what they hold, and a verdict. */
import { setTimeout as sleep } from "node:timers/promises";
import { chooseBackend } from "groupcast";
import { FaultyNetwork } from "./faulty-network.js";
import { LOCALHOST } from "./load.js";
import { HELP, readSoakOptions, type SoakOptions } from "./soak-options.js";
import { SoakedProcess } from "./soaked-process.js";
import { conclusionOf, type Finding, judge, type Sample, type SoakRecord } from "./verdict.js";

const SAMPLES = 180; // in a run, or one a second in a longer one
const LONGEST_SAMPLE_MS = 1000;
const PROGRESS_LINES = 12;
const [STEADY, UNSTEADY, WRONG_USE] = [0, 1, 2];
const AS_IT_IS = { names: [], slowTarget: LOCALHOST }; // a network that is not the soak's own
const NO_NAMESPACE = process.env.GROUPCAST_NO_NAMESPACE; // set by scripts/user-namespace.mjs: why there is none
const HAS_NAMESPACE = process.env.GROUPCAST_OWN_NETWORK === "1";

interface Soak {
  /** Number of times that an interface was harmed. */
  readonly faults: number;
  readonly records: readonly SoakRecord[];
}

/** Runs the load, and returns what each backend went through. */
async function soak(minutes: number): Promise<Soak> {
  const faults = HAS_NAMESPACE ? new FaultyNetwork() : undefined;
  await faults?.make();
  const sampleMs = Math.min(LONGEST_SAMPLE_MS, Math.ceil((minutes * 60_000) / SAMPLES));
  const processes = backends().map((backend) => new SoakedProcess(backend, sampleMs, faults ?? AS_IT_IS));
  faults?.start();
  let hasEnded = false;
  for (const { ended } of processes) void ended.then(() => (hasEnded = true));
  for (let line = 1; line <= PROGRESS_LINES && !hasEnded; line++) {
    await Promise.race([sleep((minutes * 60_000) / PROGRESS_LINES), ...processes.map(({ ended }) => ended)]);
    for (const { backend, samples } of processes) showProgress(backend, samples.at(-1), faults?.count ?? 0);
  }
  await faults?.end();
  return { faults: faults?.count ?? 0, records: await Promise.all(processes.map((each) => each.finish())) };
}

function backends(): string[] {
  const { name, reason } = chooseBackend() as { name: string; reason?: string };
  if (name === "native") return ["native", "dgram"];
  process.stderr.write(`native cannot be loaded: ${reason}\n`);
  return ["dgram"];
}

function showProgress(backend: string, sample: Sample | undefined, faults: number): void {
  if (sample === undefined) return;
  const { minute, residentMiB, heapMiB, externalMiB, descriptors, medianMs, slowMs } = sample;
  const memory = `RSS ${residentMiB.toFixed(1)} MiB, heap ${heapMiB.toFixed(2)}, external ${externalMiB.toFixed(2)}`;
  const latency = `p50 ${medianMs.toFixed(2)} ms, p99 ${slowMs.toFixed(2)}`;
  process.stderr.write(
    `${minute.toFixed(2)} min  ${backend.padEnd(6)}  ${memory}, descriptors ${descriptors ?? "unknown"}, ${latency}; ${faults} interface faults\n`,
  );
}

function report({ faults, records }: Soak, wantsJson: boolean): number {
  const results = records.map((record) => ({ backend: record.backend, findings: judge(record), accounts: record.accounts }));
  const isSteady = results.every(({ findings }) => findings.every(({ isGood }) => isGood));
  if (wantsJson) console.log(JSON.stringify({ isSteady, faults, results, samples: records.map(({ samples }) => samples) }));
  else for (const { backend, findings } of results) show(backend, findings);
  if (!wantsJson) console.log(`\n${conclusionOf(results.flatMap(({ findings }) => findings))}`);
  return isSteady ? STEADY! : UNSTEADY!;
}

function show(backend: string, findings: readonly Finding[]): void {
  console.log(`\n${backend}`);
  for (const { isGood, line } of findings) console.log(`  ${isGood ? "✓" : "✗"} ${line}`);
}

async function main(options: SoakOptions): Promise<number> {
  if (options.action === "help") {
    process.stdout.write(HELP);
    return STEADY!;
  }
  if (!HAS_NAMESPACE) process.stderr.write(`interfaces stay as they are: ${NO_NAMESPACE ?? "this is no namespace of the soak's own"}\n`);
  return report(await soak(options.minutes), options.wantsJson);
}

let options: SoakOptions;
try {
  options = readSoakOptions(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
  process.exit(WRONG_USE);
}
process.exitCode = await main(options);
