/** The text of a ping: a line for each event, a table for the terminal, and the summary. */
import { formatCount } from "../command/format.js";
import { printable } from "../command/printable.js";
import type { AnswerPath, PathReport, PingEvent, PingReport, ResponderReport } from "./ping-report.js";

const MEMBERSHIP_SECONDS = 260; // group membership interval of IGMPv3 and MLDv2 (RFC 3376, 8.4; RFC 9777, 9.4)
const LATEST_FORGETTING_MS = 300_000; // 260 s, and what the last query before a querier went silent adds
const PATHS: readonly AnswerPath[] = ["unicast", "multicast"];
const PATH_WIDTH = "multicast".length;

/** Map of event → its line; undefined: no line. */
const EVENT_LINES: {
  readonly [Type in PingEvent["type"]]: (event: Extract<PingEvent, { readonly type: Type }>) => string;
} = {
  responder: (event) => `${event.address} answers on ${event.group}${information(event)}`,
  answer: ({ address, via, sequence, rttMs, hops, kind }) =>
    `${address} ${via.padEnd(PATH_WIDTH)} seq=${sequence} hops=${hops ?? "?"} time=${milliseconds(rttMs)} ms${kind === "answer" ? "" : ` (${kind})`}`,
  lost: ({ address, via, sequence }) => `${address} ${via.padEnd(PATH_WIDTH)} seq=${sequence} no answer`,
  sessionEnded: ({ address }) => `${address} has ended the session; asking for another`,
  multicastStopped: ({ address, afterMs }) => `${address} multicast has stopped after ${seconds(afterMs)}; unicast goes on`,
  multicastResumed: ({ address, afterMs }) => `${address} multicast is back after ${seconds(afterMs)}`,
};

/** Returns the line of an event. */
export function eventLine<Type extends PingEvent["type"]>(event: Extract<PingEvent, { readonly type: Type }>): string {
  return (EVENT_LINES[event.type as Type] as (event: PingEvent) => string)(event);
}

/** Returns the summary of a ping. */
export function summary(report: PingReport): string[] {
  const { responders } = report;
  return [...(responders.length === 0 ? silence(report) : responders.flatMap(responderLines)), ...remarks(report)];
}

function responderLines(responder: ResponderReport): string[] {
  return [
    `${responder.address}${information(responder)}, group ${responder.group}${responder.protocol === "ssmping" ? ", protocol of ssmping 0.9" : ""}`,
    ...PATHS.map((path) => `  ${path.padEnd(PATH_WIDTH)} ${pathLine(responder[path])}`),
  ];
}

function pathLine(path: PathReport): string {
  const { sent, received, lost, lostSinceFirst, firstSequence = 1, rttMs, hops } = path;
  const counted = received + lost;
  const since = firstSequence > 1 ? ` (seq>=${firstSequence}: ${percent(lostSinceFirst, received + lostSinceFirst)})` : "";
  const oddities = (["duplicates", "reordered", "late"] as const).filter((name) => path[name] > 0).map((name) => `, ${path[name]} ${name}`);
  const times = rttMs && [rttMs.min, rttMs.average, rttMs.p50, rttMs.p90, rttMs.p99, rttMs.max].map(milliseconds).join("/");
  return [
    `${sent} sent, ${received} received, ${percent(lost, counted)} loss${since}${oddities.join("")}`,
    ...(hops === undefined ? [] : [`hops ${hops}`]),
    ...(times === undefined ? [] : [`rtt min/avg/p50/p90/p99/max ${times} ms`]),
  ].join(", ");
}

function silence({ target, asked, refused, offered }: PingReport): string[] {
  if (offered !== undefined) {
    const groups = offered.map(({ address, lengthBits }) => `${address}/${lengthBits}`).join(", ");
    return [`${target} does not serve that group; it offers ${groups || "none"}: name one with --group, or leave --group out`];
  }
  const refusals = refused > 0 ? `; ${formatCount(refused, "answer")} that nobody listens there` : "";
  return [`nobody answered ${formatCount(asked, "message")} to ${target}${refusals}: run "groupcast ping --respond" on the other hosts`];
}

/** Conclusions that the numbers allow. */
function remarks({ responders, startedAtMs, ignored }: PingReport): string[] {
  const deaf = responders.filter(({ unicast, multicast }) => unicast.received > 0 && multicast.received === 0 && multicast.lost > 0);
  const stopped = responders.filter(({ multicastStoppedAfterMs }) => multicastStoppedAfterMs !== undefined);
  const building = responders.filter(({ multicast }) => (multicast.firstSequence ?? 1) > 1);
  const total = Object.values(ignored).reduce((sum, count) => sum + count, 0);
  const kinds = Object.entries(ignored).filter(([, count]) => count > 0);
  return [
    ...deaf.map(({ address }) => `no multicast from ${address} arrives, while unicast does: run "groupcast doctor" here and there`),
    ...building.map(({ address, multicast }) => buildLine(address, multicast)),
    ...stopped.map(({ address, multicastStoppedAfterMs }) => stopLine(address, multicastStoppedAfterMs!, startedAtMs)),
    ...(total > 0 ? [`${formatCount(total, "datagram")} ignored: ${kinds.map(([kind, count]) => `${kind} ${count}`).join(", ")}`] : []),
  ];
}

function buildLine(address: string, { firstSequence, lost, lostSinceFirst }: PathReport): string {
  return `multicast from ${address} began with seq ${firstSequence}: ${formatCount(lost - lostSinceFirst, "answer")} lost before, as happens while a tree is built`;
}

function stopLine(address: string, afterMs: number, startedAtMs: number): string {
  const at = new Date(startedAtMs + afterMs).toTimeString().slice(0, 8);
  const what = `multicast from ${address} stopped after ${seconds(afterMs)}, at ${at}, while unicast went on`;
  if (afterMs > LATEST_FORGETTING_MS) return what;
  return `${what}: a switch that snoops and hears no querier forgets a group after ${MEMBERSHIP_SECONDS} s; switch a querier on, or snooping off`;
}

function information({ serverInformation }: { readonly serverInformation?: string | undefined }): string {
  return serverInformation === undefined ? "" : ` (${printable(serverInformation)})`;
}

/** Returns a share with two figures; a dash where there is no whole. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${Number(((100 * part) / whole).toPrecision(2))}%`;
}

/** Returns a time in whole seconds. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

/** Returns a time in milliseconds with three figures or more. */
export function milliseconds(ms: number): string {
  return ms >= 100 ? String(Math.round(ms)) : ms.toFixed(ms >= 10 ? 1 : 3);
}
