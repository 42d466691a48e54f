import { type Command, command, type Invocation } from "../command/command.js";
import type { Exit } from "../command/exit-codes.js";
import { formatCount } from "../command/format.js";
import { UsageError } from "../command/usage-error.js";
import { choice, text } from "../command/words.js";
import { PAYLOAD_VIEWS } from "../payload/payload-view.js";
import type { RecordingReport } from "../recording/datagram-recorder.js";
import { datagramLines, datagramRecord } from "./datagram-text.js";
import { type ArrivedDatagram, listenForDatagrams } from "./listen-for-datagrams.js";
import { LARGE_BUFFER_BYTES, LISTEN_OPTIONS, listenPlan, TARGETS } from "./listen-options.js";
import type { ListenReport } from "./listen-report.js";
import { listenProgress, listenSummary } from "./listen-summary.js";
import { recordDatagrams } from "./record-datagrams.js";

const OPTIONS = {
  ...LISTEN_OPTIONS,
  as: { value: "VIEW", read: choice(PAYLOAD_VIEWS), help: "format of payloads: auto (decoded if known), text, json or hex" },
  quiet: { short: "q", help: "count only: print no datagrams" },
  pcap: { short: "w", value: "FILE", read: text, help: "record to a file as well, for Wireshark and groupcast replay" },
  overwrite: { help: "overwrite the file of --pcap" },
} as const;

/** `groupcast listen`. */
export const listenCommand: Command = command({
  name: "listen",
  summary: "Prints and counts the datagrams of groups and ports.",
  operands: [TARGETS],
  options: OPTIONS,
  examples: {
    "groupcast listen 239.1.2.3:5000": "each datagram to a group, on all interfaces",
    "groupcast listen 239.1.2.3:5000 -i eth0 --source 192.0.2.7": "the datagrams of one sender, on one interface",
    "groupcast listen 5000 --as hex --count 1": "the bytes of the next datagram to this host on port 5000",
    "groupcast listen 239.1.2.3 239.1.2.4 5000 --quiet --duration 10s": "rate and losses of two groups, over ten seconds",
    "groupcast listen 224.0.0.251:5353 --json": "mDNS, one JSON object a line",
  },
  notes: [
    "It counts lost, duplicate and reordered datagrams if they have numbers: those of groupcast send, of channels, RTP and sACN.",
    'With --json, each datagram is an object: type "datagram", timeNs (since 1970, as text), from, to, interface, ttl, lengthBytes, ' +
      'text, json or hex, and format with decoded where the format is known. The last object is type "listened": received, receivedBytes, ' +
      "durationMs, listenedMs, kernelDrops, foreign, lost, streams, delay. Exit code 1: nothing arrived.",
    "Other programs may have the port open; they still receive their datagrams. If one refuses to share it, the error is EADDRINUSE.",
  ],
  run: runListen,
});

type ListenInvocation = Invocation<typeof OPTIONS>;

async function runListen(invocation: ListenInvocation): Promise<Exit> {
  const { options, output, operands } = invocation;
  if (options.overwrite && options.pcap === undefined) throw new UsageError("--overwrite is for --pcap: leave it out");
  const reactor = invocation.openReactor();
  const plan = {
    receiveBufferBytes: options.quiet || options.pcap !== undefined ? LARGE_BUFFER_BYTES : undefined,
    ...listenPlan(operands, reactor, invocation),
    overwrite: options.overwrite,
    onDatagram: options.quiet ? undefined : (datagram: ArrivedDatagram) => print(invocation, datagram),
    onProgress: options.quiet ? (soFar: ListenReport) => output.progress(listenProgress(soFar)) : undefined,
  };
  const { pcap } = options;
  const report = pcap === undefined ? await listenForDatagrams(reactor, plan) : await recordDatagrams(reactor, pcap, plan);
  output.result({ type: "listened", ...report }, [...listenSummary(report), ...recordingLines(report, pcap)]);
  return report.received === 0 ? "negative" : "done";
}

function print({ options, output }: ListenInvocation, datagram: ArrivedDatagram): void {
  const { as = "auto" } = options;
  if (output.json) output.result(datagramRecord(datagram, as), "");
  else output.text(datagramLines(datagram, as, output));
}

function recordingLines(report: ListenReport & Partial<RecordingReport>, path: string | undefined): string[] {
  if (path === undefined) return [];
  return [`${formatCount(report.datagrams ?? 0, "datagram")} recorded to ${path} (${formatCount(report.fileBytes ?? 0, "byte")})`];
}
