import { type Command, command, type Invocation } from "../command/command.js";
import type { Exit } from "../command/exit-codes.js";
import { formatCount } from "../command/format.js";
import { LARGE_BUFFER_BYTES, LISTEN_OPTIONS, listenPlan, TARGETS } from "./listen-options.js";
import { listenProgress, listenSummary } from "./listen-summary.js";
import { recordDatagrams } from "./record-datagrams.js";

const OPTIONS = { ...LISTEN_OPTIONS, overwrite: { help: "write over a file that is there" } } as const;

/** `groupcast record`. */
export const recordCommand: Command = command({
  name: "record",
  summary: "Records the datagrams of groups and ports to a file for Wireshark and groupcast replay.",
  operands: [{ name: "FILE", help: "file to make, such as field.pcapng" }, TARGETS],
  options: OPTIONS,
  examples: {
    "groupcast record field.pcapng 239.1.2.3:5000": "a group, until Ctrl-C",
    "groupcast record field.pcapng 239.1.2.3 239.1.2.4 5000 --duration 1h": "two groups, for an hour",
  },
  notes: [
    "The file is pcapng: raw IP packets with interface, direction, the kernel's time in nanoseconds, and how many were lost before each. " +
      "It is valid at any time, up to half a second ago, also when the disk is full.",
    '--json prints one object at the end: type "recorded", file, datagrams, fileBytes, drops, and what groupcast listen prints. ' +
      "Exit code 1: nothing arrived.",
  ],
  run: runRecord,
});

async function runRecord(invocation: Invocation<typeof OPTIONS>): Promise<Exit> {
  const { options, output, operands } = invocation;
  const [file = "", ...words] = operands;
  const reactor = invocation.openReactor();
  const plan = listenPlan(words, reactor, invocation);
  const report = await recordDatagrams(reactor, file, {
    ...plan,
    receiveBufferBytes: plan.receiveBufferBytes ?? LARGE_BUFFER_BYTES,
    overwrite: options.overwrite,
    onProgress: (soFar) => output.progress(`${listenProgress(soFar)}, ${formatCount(soFar.fileBytes, "byte")}`),
  });
  output.result({ type: "recorded", file, ...report }, [
    ...listenSummary(report),
    `${formatCount(report.datagrams, "datagram")} recorded to ${file} (${formatCount(report.fileBytes, "byte")})`,
  ]);
  return report.received === 0 ? "negative" : "done";
}
