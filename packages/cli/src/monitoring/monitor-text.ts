/** A sample as one line, for pipes and files, and the summary at the end. */
import type { MonitorSample } from "@groupcast/monitor";
import { formatCount } from "../command/format.js";
import { printable } from "../command/printable.js";
import { eventText } from "./event-text.js";
import type { MonitorSummary } from "./monitor-totals.js";
import { perSecond, timeOfDay } from "./quantity-text.js";

const MOST_NAMED = 3; // destinations and events of one line

/** Returns a sample as one line. */
export function sampleLine({ timeMs, totals, listened, ports, groups, nodes, events }: MonitorSample): string {
  const { receivedPerSecond, sentPerSecond, lostPerSecond } = totals;
  const named = listened
    .slice(0, MOST_NAMED)
    .map(({ id, perSecond: rate, lost }) => `${id} ${perSecond(rate)}/s${lost > 0 ? `, ${lost} lost` : ""}`);
  const told = events.slice(0, MOST_NAMED).map(eventText);
  return [
    `${timeOfDay(timeMs)} UDP in ${perSecond(receivedPerSecond)}/s, out ${perSecond(sentPerSecond)}/s, lost ${perSecond(lostPerSecond)}/s`,
    ...named,
    ...(listened.length > named.length ? [`and ${formatCount(listened.length - named.length, "destination")} more`] : []),
    [
      formatCount(ports.length, "port"),
      formatCount(groups.length, "group"),
      ...(nodes.length > 0 ? [formatCount(nodes.length, "node")] : []),
    ].join(", "),
    ...told,
    ...(events.length > told.length ? [`and ${formatCount(events.length - told.length, "event")} more`] : []),
  ].join("; ");
}

/** Returns the lines of the summary. */
export function summaryLines(summary: MonitorSummary): string[] {
  const { samples, durationMs, highestPerSecond, received, lost, drops, listened, nodesSeen, events } = summary;
  const silent = listened.filter((one) => one.received === 0);
  return [
    `${formatCount(samples, "sample")} in ${(durationMs / 1000).toFixed(1)} s; at most ${perSecond(highestPerSecond)} datagrams/s; ${formatCount(events, "event")}`,
    ...(listened.length === 0
      ? []
      : [
          `listened to ${formatCount(listened.length, "destination")}: ${formatCount(received, "datagram")}, ${lost === 0 ? "none lost" : `${lost} lost`}`,
        ]),
    ...(silent.length > 0
      ? [
          `nothing arrived at ${silent
            .slice(0, MOST_NAMED)
            .map(({ id }) => id)
            .join(", ")}${silent.length > MOST_NAMED ? ` and ${silent.length - MOST_NAMED} more` : ""}: run "groupcast doctor" to see why`,
        ]
      : []),
    ...drops.slice(0, MOST_NAMED).map(({ subject, count }) => `${formatCount(count, "datagram")} dropped: ${printable(subject)}`),
    ...(drops.length > MOST_NAMED
      ? [`and ${formatCount(drops.length - MOST_NAMED, "further place")} where datagrams were dropped: see --json`]
      : []),
    ...(nodesSeen > 0 ? [`${formatCount(nodesSeen, "node")} seen`] : []),
  ];
}
