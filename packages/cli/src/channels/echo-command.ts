import { type Command, command, type Invocation } from "../command/command.js";
import type { Exit } from "../command/exit-codes.js";
import { formatCount } from "../command/format.js";
import type { Output } from "../command/output.js";
import { printable } from "../command/printable.js";
import { choice } from "../command/words.js";
import { LONGEST_LINE, payloadRecord, timeOfDay, type ViewChoice } from "../listening/datagram-text.js";
import { hexDump, PAYLOAD_VIEWS, type PayloadView, payloadLine, viewOf } from "../payload/payload-view.js";
import {
  CHANNELS,
  END_OPTIONS,
  KEY_OPTIONS,
  LCM_OPTIONS,
  NETWORK_OPTIONS,
  networkSettings,
  PATTERN_NOTE,
  sealOptions,
} from "./channel-options.js";
import { type EchoedMessage, type EchoReport, echoChannels } from "./echo-channels.js";
import type { UndecodedPackets } from "./message-decoder.js";

const OPTIONS = {
  ...NETWORK_OPTIONS,
  ...LCM_OPTIONS,
  ...END_OPTIONS,
  ...KEY_OPTIONS,
  as: { value: "VIEW", read: choice(PAYLOAD_VIEWS), help: "format of messages: auto (by content), text, json or hex" },
} as const;

/** `groupcast channels echo`. */
export const channelsEchoCommand: Command = command({
  name: "channels echo",
  summary: "Prints the messages of channels.",
  operands: [CHANNELS],
  options: OPTIONS,
  examples: {
    "groupcast channels echo robot/pose": "each message of a channel",
    "groupcast channels echo 'robot/**' --json": "the messages of all channels below robot, one JSON object a line",
    "groupcast channels echo plans --key-file plans.key": "the messages of a sealed channel",
    "groupcast channels echo POSE --lcm udpm://239.255.76.67:7667": "the messages of an LCM channel",
    "groupcast channels echo robot/pose --nats nats://192.0.2.1:4222 --count 1": "the next message on a NATS server",
  },
  notes: [
    PATTERN_NOTE,
    "A line has the time, the channel, the sender, the name of its node if only one fits, the sender's number for the message, " +
      "and how many are missing before it. Fragments are put together to messages.",
    'With --json, each message is an object: type "message", timeNs (since 1970, as text), channel, from, node, number, lost, lead, ' +
      'lengthBytes, and text, json or hex. The last object is type "echoed": messages, lost, packets, kernelDrops, unopened, replayed, stale, incomplete, ' +
      "channels, leftOut, durationMs. Exit code 1: no message arrived.",
  ],
  run: runEcho,
});

type EchoInvocation = Invocation<typeof OPTIONS>;

async function runEcho(invocation: EchoInvocation): Promise<Exit> {
  const { options, output, operands, signal } = invocation;
  const reactor = invocation.openReactor();
  const report = await echoChannels(reactor, {
    ...networkSettings(reactor, invocation),
    channels: operands,
    count: options.count,
    durationMs: options.duration,
    seal: sealOptions(invocation),
    signal,
    onChannel: (channel) => output.note(`receiving ${printable(channel)}`),
    onMessage: (message) => print(output, message, options.as ?? "auto"),
  });
  output.result({ type: "echoed", ...report }, echoSummary(report));
  return report.messages === 0 ? "negative" : "done";
}

function print(output: Output, message: EchoedMessage, as: ViewChoice): void {
  const { data } = message;
  const view = as === "auto" ? viewOf(data) : as;
  if (output.json) {
    output.result(recordOf(message, view), "");
    return;
  }
  const head = headOf(message, output);
  if (as === "hex") output.text([head, ...hexDump(data).map((row) => `    ${row}`)]);
  else output.text(`${head}  ${payloadLine(data, view, as === "auto" ? LONGEST_LINE : Number.POSITIVE_INFINITY)}`);
}

function recordOf({ data, source: from, ...facts }: EchoedMessage, view: PayloadView): Record<string, unknown> {
  const { timeNs, channel, node, number, lost, lead } = facts;
  return { type: "message", timeNs, channel, from, node, number, lost, lead, lengthBytes: data.length, ...payloadRecord(data, view) };
}

function headOf({ channel, source, node, number, lost, lead, timeNs, data }: EchoedMessage, output: Output): string {
  const place = lost > 0 ? `${lost} missing before it` : lead === 0 ? "a repeat" : lead < 0 ? "late" : "";
  const words = [
    output.style("dim", timeOfDay(timeNs)),
    output.style("bold", printable(channel)),
    output.style("cyan", node === undefined ? source : `${source} (${printable(node)})`),
    number === undefined ? "" : `number ${number}`,
    place === "" ? "" : output.style("yellow", place),
    `${data.length} bytes`,
  ];
  return words.filter(Boolean).join(" ");
}

/** Returns the summary, a line for each thing there is to say. */
function echoSummary(report: EchoReport): string[] {
  const { messages, lost, durationMs, channels } = report;
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  const first =
    messages === 0
      ? `no message in ${seconds} on ${formatCount(channels.length, "channel")}`
      : `${formatCount(messages, "message")} in ${seconds}${lost > 0 ? `, ${formatCount(lost, "message")} missing` : ""}`;
  return [first, ...faultLines(report)];
}

/** Returns lines about packets that were lost here, or that made no message. */
export function faultLines(report: Pick<EchoReport, "kernelDrops" | keyof UndecodedPackets | "leftOut">): string[] {
  const faults: readonly (readonly [number, string])[] = [
    [report.kernelDrops, "lost because a receive buffer was full"],
    [report.unopened, "not opened: sealed with another key, or no key given"],
    [report.replayed, "refused: repeated"],
    [report.stale, "refused: sealed more than a minute ago, or in the future; compare the clocks of both hosts"],
    [report.incomplete, "of messages with missing fragments"],
  ];
  const lines = faults.filter(([number]) => number > 0).map(([number, what]) => `${formatCount(number, "packet")} ${what}`);
  const more = `at least ${formatCount(report.leftOut, "further channel")} matched and not received: the limit is 256`;
  return report.leftOut > 0 ? [...lines, more] : lines;
}
