/** A diagnosis as text. */
import { formatEndpoint } from "@groupcast/backend";
import type { Diagnosis, Evidence, Finding, Fix, Likelihood } from "@groupcast/diagnosis";
import { formatCount } from "../command/format.js";
import type { Output, Style } from "../command/output.js";
import { printable } from "../command/printable.js";
import { fitted } from "./fitted.js";

const INDENT = "   ";
const STYLES: Readonly<Record<Likelihood, Style>> = { certain: "red", likely: "yellow", possible: "cyan" };
const FIX_MARKS: Readonly<Record<Fix["kind"], string>> = { command: "run: ", code: "write: ", advice: "" };

/** Returns the lines that people read. */
export function diagnosisText(diagnosis: Diagnosis, output: Output): string[] {
  const { findings, cleared, unchecked } = diagnosis;
  const { columns } = output;
  return [
    ...fitted(headline(diagnosis), columns),
    ...arrivalLines(diagnosis, columns),
    "",
    ...(hasCause(diagnosis) ? [] : [...fitted(nothingFound(diagnosis), columns), ""]),
    ...findings.flatMap((finding, index) => [...findingLines(finding, `${index + 1}.`, output), ""]),
    ...fitted(`Not found: ${cleared.map(({ title }) => title).join("; ")}.`, columns),
    ...(unchecked.length === 0 ? [] : ["", output.style("bold", "Could not check:")]),
    ...uncheckedLines(unchecked, columns),
    ...dropLines(diagnosis, columns),
  ];
}

/** Returns whether a cause was found that the evidence speaks for: what is merely possible holds on many hosts that are well. */
export function hasCause({ findings }: Diagnosis): boolean {
  return findings.some(({ likelihood }) => likelihood !== "possible");
}

/** Returns the first line of a diagnosis: what was looked at. */
export function headline({ address, port, interface: name, interfaceReason, durationMs }: Diagnosis): string {
  const subject = port === undefined ? address : formatEndpoint({ address, port });
  const place = name === undefined ? `no interface: ${interfaceReason}` : `expected on ${name}: ${interfaceReason}`;
  return `${subject}, ${place} (${(durationMs / 1000).toFixed(1)} s)`;
}

/** Returns a line for each sender whose datagrams arrived. */
export function arrivalLines({ arrivals, port }: Diagnosis, columns: number): string[] {
  if (arrivals === undefined || port === undefined) return [];
  if (arrivals.length === 0) return fitted("No datagram arrived meanwhile.", columns);
  return arrivals.flatMap(({ count, source, interface: name, ttl, isThisHost }) => {
    const way = [...(name === undefined ? [] : [`by ${name}`]), ...(ttl === undefined ? [] : [`TTL ${ttl}`])].join(", ");
    return fitted(
      `${formatCount(count, "datagram")} arrived from ${source}${isThisHost ? " (this host)" : ""}${way && ` ${way}`}.`,
      columns,
    );
  });
}

/** Returns a finding with its evidence and what to do. */
export function findingLines({ title, likelihood, explanation, evidence, fixes }: Finding, mark: string, output: Output): string[] {
  const { columns } = output;
  const [first, ...rest] = fitted(`${mark} ${likelihood}: ${title}`, columns);
  return [
    output.style("bold", output.style(STYLES[likelihood], first!)),
    ...rest,
    ...fitted(explanation, columns, INDENT),
    ...evidence.flatMap((one) => fitted(`seen: ${evidenceText(one)}`, columns, INDENT).map((line) => output.style("dim", line))),
    ...fixes.flatMap((fix) => fixLines(fix, columns)),
  ];
}

/** A command stays on one line, as long as it is: the terminal wraps it, and it can be copied. */
function fixLines({ kind, text }: Fix, columns: number): string[] {
  const line = `${FIX_MARKS[kind]}${text}`;
  return kind === "advice" ? fitted(line, columns, INDENT) : [`${INDENT}${printable(line)}`];
}

function evidenceText({ source, fact, value, before }: Evidence): string {
  const readings = before === undefined ? `${value}` : `${before} → ${value}`;
  return `${fact}: ${readings}${source.startsWith("/") ? ` (${source})` : ""}`;
}

function nothingFound({ arrivals, port }: Diagnosis): string {
  if (arrivals?.some(({ isThisHost }) => !isThisHost)) return "Nothing is wrong: datagrams arrive.";
  const where =
    "Check the sender (interface, TTL, group, port) and the switches between; run groupcast doctor there, too. If tcpdump sees the " +
    "datagrams here, the kernel drops them before it counts them: groupcast doctor --trace, as root, shows why";
  if (port === undefined)
    return "No cause was found on this host. Name the port of the receiver to learn more: groupcast doctor 239.1.2.3:5000";
  return `No cause was found on this host, and nothing arrived from another one. ${where}.`;
}

/** Causes that could not be checked for one reason stand together. */
function uncheckedLines(unchecked: Diagnosis["unchecked"], columns: number): string[] {
  const byReason = new Map<string, string[]>();
  for (const { title, reason, remedy } of unchecked) {
    const why = `${reason}.${remedy === undefined ? "" : ` To check it: ${remedy}.`}`;
    byReason.set(why, [...(byReason.get(why) ?? []), title]);
  }
  return [...byReason].flatMap(([why, titles]) => fitted(`- whether ${titles.join("; whether ")}: ${why}`, columns));
}

function dropLines({ drops }: Diagnosis, columns: number): string[] {
  if (drops === undefined) return [];
  if (!("value" in drops))
    return ["", ...fitted(`No trace: ${drops.path}: ${drops.reason}. To get one: ${drops.remedy ?? "run it as root"}.`, columns)];
  const lines = drops.value.map(({ reason, place, count }) => `- ${formatCount(count, "packet")}: ${reason}, by ${place}`);
  const all = lines.length === 0 ? ["- none"] : lines;
  return [
    "",
    ...fitted("Dropped by the kernel meanwhile, in all network namespaces:", columns),
    ...all.flatMap((line) => fitted(line, columns)),
  ];
}
