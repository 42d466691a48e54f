import { formatCount, formatRate } from "../command/format.js";
import { printable } from "../command/printable.js";
import type { ListenReport } from "./listen-report.js";
import type { StreamReport } from "./sequence-count.js";

const MOST_STREAMS_SHOWN = 10;

/** Returns the summary, a line for each thing there is to say. */
export function listenSummary(report: ListenReport): string[] {
  const { received, receivedBytes, durationMs, listenedMs, kernelDrops, foreign, streams, streamsLeftOut, delay } = report;
  if (received === 0 && kernelDrops === 0) return [`nothing arrived in ${formatSeconds(listenedMs)}`];
  const rate = received > 1 ? `, ${formatRate(received - 1, durationMs)}` : ""; // the first begins the time
  return [
    `${formatCount(received, "datagram")} (${formatCount(receivedBytes, "byte")}) in ${formatSeconds(listenedMs)}${rate}`,
    ...streams.slice(0, MOST_STREAMS_SHOWN).map(streamLine),
    ...(streams.length > MOST_STREAMS_SHOWN ? [`${formatCount(streams.length - MOST_STREAMS_SHOWN, "further stream")}: see --json`] : []),
    ...(streamsLeftOut > 0 ? [`${formatCount(streamsLeftOut, "datagram")} of further streams, not counted by stream`] : []),
    ...(kernelDrops > 0 ? [`${formatCount(kernelDrops, "datagram")} lost because a receive buffer was full: raise --buffer`] : []),
    ...(foreign > 0 ? [`${formatCount(foreign, "datagram")} filtered out: for other groups, interfaces or sources`] : []),
    ...(delay === undefined
      ? []
      : [`from kernel to program: half within ${delay.p50Us} µs, 99 % within ${delay.p99Us} µs, all within ${delay.maxUs} µs`]),
  ];
}

/** Returns the line that shows how far the listening is. */
export function listenProgress({ received, durationMs, lost, kernelDrops }: ListenReport): string {
  const losses = [
    ...(lost > 0 ? [`${formatCount(lost, "number")} missing`] : []),
    ...(kernelDrops > 0 ? [`${kernelDrops} dropped here`] : []),
  ];
  return [`${formatCount(received, "datagram")}, ${formatRate(received, durationMs)}`, ...losses].join(", ");
}

function streamLine({ format, stream, received, lost, gaps, duplicates, reordered, restarts }: StreamReport): string {
  const faults = [
    lost > 0 || gaps > 0 ? `${lost} lost (${formatCount(gaps, "gap")})` : "",
    duplicates > 0 ? `${duplicates} doubled` : "",
    reordered > 0 ? `${reordered} out of order` : "",
    restarts > 0 ? formatCount(restarts, "restart") : "",
  ].filter(Boolean);
  return `${format} ${printable(stream)}: ${formatCount(received, "datagram")}, ${faults.length === 0 ? "none lost" : faults.join(", ")}`;
}

function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
