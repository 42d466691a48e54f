import type { Reactor } from "groupcast";
import { type ChannelTarget, findChannels } from "../channel-network/find-channels.js";
import { type Command, command, type Invocation } from "../command/command.js";
import { existingInterface } from "../command/existing-interface.js";
import type { Exit } from "../command/exit-codes.js";
import { formatCount } from "../command/format.js";
import { UsageError } from "../command/usage-error.js";
import { port, text } from "../command/words.js";
import { LARGE_BUFFER_BYTES, LISTEN_OPTIONS, listenPlan, TARGETS } from "./listen-options.js";
import { listenProgress, listenSummary } from "./listen-summary.js";
import { isTarget } from "./listen-target.js";
import { recordDatagrams } from "./record-datagrams.js";

const OPTIONS = {
  ...LISTEN_OPTIONS,
  channel: {
    value: "NAME",
    read: text,
    help: "channel on UDP, by its name or a pattern such as 'robot/**'; may be repeated",
    isRepeatable: true,
  },
  port: { short: "p", value: "PORT", read: port, help: "port number of the channels (default: 8765)" },
  overwrite: { help: "overwrite an existing file" },
} as const;

/** `groupcast record`. */
export const recordCommand: Command = command({
  name: "record",
  summary: "Records the datagrams of groups and ports to a file for Wireshark and groupcast replay.",
  operands: [
    { name: "FILE", help: "file to write, such as field.pcapng" },
    { ...TARGETS, isOptional: true },
  ],
  options: OPTIONS,
  examples: {
    "groupcast record field.pcapng 239.1.2.3:5000": "a group, until Ctrl-C",
    "groupcast record field.pcapng 239.1.2.3 239.1.2.4 5000 --duration 1h": "two groups, for an hour",
    "groupcast record field.pcapng --channel robot/pose --channel 'camera/**'": "a channel, and those that nodes publish below camera now",
  },
  notes: [
    "The file is pcapng: raw IP packets with interface, direction, the kernel's time in nanoseconds, and how many were lost before each. " +
      "The file is always valid, and at most half a second behind, even when the disk is full.",
    "For a channel, it records only the channel's packets, whatever else uses the group. A pattern finds channels whose nodes send a " +
      "heartbeat within two seconds.",
    '--json prints one object at the end: type "recorded", file, datagrams, fileBytes, drops, and what groupcast listen prints. ' +
      "Exit code 1: nothing arrived.",
  ],
  run: runRecord,
});

async function runRecord(invocation: Invocation<typeof OPTIONS>): Promise<Exit> {
  const { options, output, operands } = invocation;
  const [file = "", ...words] = operands;
  if (isTarget(file)) throw new UsageError(`FILE is missing: write groupcast record field.pcapng ${operands.join(" ")}`);
  if (words.length + options.channel.length === 0) throw new UsageError(`nothing to record: add ${TARGETS.name}, or --channel NAME`);
  if (options.port !== undefined && options.channel.length === 0) throw new UsageError("--port is for --channel: leave it out");
  const reactor = invocation.openReactor();
  const channels = await channelTargets(reactor, invocation);
  if (words.length + channels.length === 0) {
    output.note("no node uses such a channel now: name it, or start its nodes first");
    return "negative";
  }
  const plan = listenPlan(words, reactor, invocation, channels);
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

function channelTargets(reactor: Reactor, { options, signal }: Invocation<typeof OPTIONS>): Promise<readonly ChannelTarget[]> {
  const { channel, port: number, interface: selector } = options;
  const on = selector === undefined ? undefined : existingInterface(reactor.network, selector);
  return channel.length === 0 ? Promise.resolve([]) : findChannels(reactor, channel, { port: number, interface: on, signal });
}
