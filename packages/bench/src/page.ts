/** docs/benchmarks.md, with its charts. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { chart } from "./chart.js";
import { PAGE_FOLDER } from "./folders.js";
import { type Verdict, verdicts } from "./limits.js";
import type { Machine } from "./machine.js";
import { PEERS } from "./peers.js";
import { RIVAL_LIMITS } from "./rivals.js";
import type { Measurement } from "./rounds.js";
import { asMarkdown, rowsOf } from "./tables.js";

const CHARTED = ["receive-64", "receive-runs-64", "receive-at-20k", "send-1", "send-16", "echo-16", "echo-256", "memory"];

/** Writes page and charts; returns the page's path from the repository. */
export function writePage(measurements: readonly Measurement[], machine: Machine): string {
  const charts = `${PAGE_FOLDER}benchmarks/`;
  rmSync(charts, { recursive: true, force: true });
  mkdirSync(charts, { recursive: true });
  const sections = measurements.map((measurement) => {
    const { id } = measurement.scenario;
    const isCharted = CHARTED.includes(id);
    if (isCharted) writeFileSync(`${charts}${id}.svg`, chart(measurement));
    return section(measurement, isCharted);
  });
  writeFileSync(`${PAGE_FOLDER}benchmarks.md`, [introduction(machine), limits(measurements), ...sections].join("\n\n").concat("\n"));
  return "docs/benchmarks.md";
}

function introduction(machine: Machine): string {
  const { date, commit, processor, memoryGiB, kernel, setting, versions } = machine;
  const peers = PEERS.map(({ name, what }) => [name, what, versions[name] ?? "missing"]);
  return `# Benchmarks

Made by \`npm run bench\` on ${date} at ${commit}: ${processor}, ${memoryGiB} GiB, ${kernel}; ${setting}. The peers of a scenario take turns; figures are medians over
the rounds, ± is half the distance between best and worst.

**CPU** is user and system time of the process over the datagrams it handled: it stays valid on a busy machine, and it is the cost for a server.
**Rate** is the number of datagrams handled a second; if the sender is slower than the receiver, it is the sender's rate. **Lost** datagrams were sent and did not arrive: the
receive buffer (the system's default size) was full. The bench checks number and length of every datagram, and every byte of each 1,024th; a run with
a wrong one fails. Ratios compare the first figures.

"Single datagrams" means that the receiver cannot take several at once from one sender (GRO): the kernel cuts the sender's runs up on the
sender's side. That is the highest rate at which one core can send them. The sink of the send scenarios takes runs (\`UDP_GRO\`), as a network card does.

${asMarkdown({ head: ["peer", "the program", "version"], rows: peers })}`;
}

function limits(measurements: readonly Measurement[]): string {
  return `## Limits

Limits that the project wants to keep; [performance](performance.md#targets-not-met-yet) explains those that it misses.

${judged(verdicts(measurements))}

### Ahead of Bun, udx-native and Deno

Groupcast's figure over theirs, in every scenario that they can run. CPU, times and memory are met at 1 or less, rates at 1 or more.
CPU is that of the whole process: Bun and Deno have further threads. They cannot run all scenarios: udx-native and Deno cannot choose the interface that
datagrams to a group leave by, Bun cannot share a port's number, and udx-native cuts datagrams off at 2,048 bytes.

${judged(verdicts(measurements, RIVAL_LIMITS))}`;
}

function judged(found: readonly Verdict[]): string {
  const rows = found.map(({ text, ratio, ratioOfC, isMet, metRounds, rounds }) => [
    text,
    ratio.toFixed(2),
    isMet ? "yes" : "**no**",
    `${metRounds} of ${rounds}`,
    ratioOfC?.toFixed(2) ?? "",
  ]);
  return asMarkdown({ head: ["limit", "measured", "met", "rounds that met it", "C recvmmsg in our place"], rows });
}

function section(measurement: Measurement, isCharted: boolean): string {
  const { id, title } = measurement.scenario;
  const failures = measurement.entries.flatMap(({ peer, failures: reasons }) => reasons.map((reason) => `- ${peer} failed: ${reason}`));
  const parts = [`## ${id}`, `${title[0]!.toUpperCase()}${title.slice(1)}.`];
  if (isCharted) parts.push(`![${title}](benchmarks/${id}.svg)`);
  parts.push(asMarkdown(rowsOf(measurement)), ...(failures.length > 0 ? [failures.join("\n")] : []));
  return parts.join("\n\n");
}
