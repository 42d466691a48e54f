import { type Command, command, type Invocation, type OptionTable } from "../command/command.js";
import type { Exit } from "../command/exit-codes.js";
import { formatCount } from "../command/format.js";
import { printable } from "../command/printable.js";
import { UsageError } from "../command/usage-error.js";
import { text } from "../command/words.js";
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
import { faultLines } from "./echo-command.js";
import { type ChannelMeasurement, type MeasurePlan, measureChannels } from "./measure-channels.js";
import type { SpreadReport } from "./spread.js";

const COMMON = { ...NETWORK_OPTIONS, ...LCM_OPTIONS, ...END_OPTIONS } as const;

const DELAY_OPTIONS = {
  ...COMMON,
  time: { value: "FIELD", read: text, help: "field of JSON messages with the sending time, such as header.stamp" },
  ...KEY_OPTIONS,
} as const;

/** A quantity that a command shows. */
interface Quantity {
  /** Type of its records. */
  readonly type: string;
  /** Returns the fields of a channel's record. */
  readonly record: (measured: ChannelMeasurement) => Readonly<Record<string, unknown>>;
  /** Returns what is said of a channel. */
  readonly line: (measured: ChannelMeasurement) => string;
}

const RECORDS_NOTE = (type: string, fields: string): string =>
  `--json prints an object for each channel at the end: type "${type}", channel, packets, spanMs, ${fields}; then one of type "measured": packets, ` +
  "kernelDrops, unopened, replayed, stale, incomplete, leftOut, durationMs. Exit code 1: nothing arrived, or there was nothing to measure.";

const RATE: Quantity = {
  type: "rate",
  record: ({ perSecond, gapMs }) => ({ perSecond, gapMs }),
  line: ({ perSecond, gapMs }) =>
    perSecond === undefined
      ? "too few to measure a rate"
      : `${rounded(perSecond)}/s${gapMs === undefined ? "" : `, gaps ${spread(gapMs, "ms")}`}`,
};

const BANDWIDTH: Quantity = {
  type: "bandwidth",
  record: ({ bytesPerSecond, sizeBytes }) => ({ bytesPerSecond, sizeBytes }),
  line: ({ bytesPerSecond, sizeBytes }) =>
    [
      bytesPerSecond === undefined ? "too few to measure a rate" : `${formatCount(Math.round(bytesPerSecond), "byte")}/s`,
      sizeBytes === undefined ? "" : `sizes ${spread(sizeBytes, "bytes")}`,
    ]
      .filter(Boolean)
      .join(", "),
};

const DELAY: Quantity = {
  type: "delay",
  record: ({ delayMs, untimed }) => ({ delayMs, untimed }),
  line: ({ delayMs, untimed }) =>
    [delayMs === undefined ? "no delay measured" : `delay ${spread(delayMs, "ms")}`, untimed > 0 ? `${untimed} without a time` : ""]
      .filter(Boolean)
      .join(", "),
};

/** `groupcast channels hz`. */
export const channelsHzCommand: Command = command({
  name: "channels hz",
  summary: "Measures how often messages arrive on channels, and the time between them.",
  operands: [CHANNELS],
  options: COMMON,
  examples: {
    "groupcast channels hz robot/pose": "until Ctrl-C",
    "groupcast channels hz 'robot/**' --duration 10s": "all channels below robot, for ten seconds",
  },
  notes: [
    "On UDP, gaps are between the kernel's times, so a busy program does not change them; on NATS, between the times of this program. A message in " +
      "fragments counts as several. No key is needed.",
    PATTERN_NOTE,
    RECORDS_NOTE("rate", "perSecond, gapMs (count, min, mean, max, std)"),
  ],
  run: (invocation) => measure(invocation, RATE, {}),
});

/** `groupcast channels bw`. */
export const channelsBwCommand: Command = command({
  name: "channels bw",
  summary: "Measures how many bytes a second arrive on channels, and how long messages are.",
  operands: [CHANNELS],
  options: COMMON,
  examples: {
    "groupcast channels bw camera/image": "until Ctrl-C",
    "groupcast channels bw '**' --duration 10s": "all channels, for ten seconds",
  },
  notes: [
    "Bytes are those of messages: without the headers of channels, UDP and IP. A message in fragments counts as several.",
    PATTERN_NOTE,
    RECORDS_NOTE("bandwidth", "bytesPerSecond, sizeBytes (count, min, mean, max, std)"),
  ],
  run: (invocation) => measure(invocation, BANDWIDTH, {}),
});

/** `groupcast channels delay`. */
export const channelsDelayCommand: Command = command({
  name: "channels delay",
  summary: "Measures how long messages of channels take to arrive.",
  operands: [CHANNELS],
  options: DELAY_OPTIONS,
  examples: {
    "groupcast channels delay robot/pose --time header.stamp": "from the time in each message to its arrival",
    "groupcast channels delay plans --key-file plans.key": "from when each message was sealed to its arrival",
    "groupcast channels delay robot/pose": "from the kernel of this host to a program",
  },
  notes: [
    "With --time, the delay runs from the time in the message to its arrival at this host. That time is an ISO 8601 date, or a number of " +
      "seconds, milliseconds, microseconds or nanoseconds since 1970, which its size decides. The delay is only as accurate as the clocks of " +
      "both hosts; a negative one shows that they disagree. Messages without such a time are counted apart.",
    "With --key-file and without --time, it runs from when the message was sealed, in whole milliseconds of the sender's clock. Messages that " +
      "were sealed more than a minute ago by this host's clock, or in the future, are refused and counted.",
    "Without both, the delay runs from the kernel of this host to this program, if the kernel reports the time. NATS has no such time, so " +
      "it needs one of them.",
    PATTERN_NOTE,
    RECORDS_NOTE("delay", "delayMs (count, min, mean, max, std), untimed"),
  ],
  run: runDelay,
});

function runDelay(invocation: Invocation<typeof DELAY_OPTIONS>): Promise<Exit> {
  const { time, nats, "key-file": keyFile } = invocation.options;
  const isSealed = keyFile !== undefined;
  if (time === undefined && !isSealed && nats.length > 0)
    throw new UsageError("NATS has no kernel times: add --time FIELD, or --key-file FILE");
  const ofMessage = time === undefined ? "when it was sealed" : `${printable(time)} in the message`;
  const isOfMessage = time !== undefined || isSealed;
  invocation.output.note(`measuring from ${isOfMessage ? `${ofMessage} to this host` : "the kernel of this host to this program"}`);
  return measure(invocation, DELAY, { timeField: time, seal: sealOptions(invocation) });
}

async function measure(
  invocation: Invocation<typeof COMMON & OptionTable>,
  { type, record, line }: Quantity,
  plan: Pick<MeasurePlan, "timeField" | "seal">,
): Promise<Exit> {
  const { options, output, operands, signal } = invocation;
  const reactor = invocation.openReactor();
  const { channels, ...report } = await measureChannels(reactor, {
    ...plan,
    ...networkSettings(reactor, invocation),
    channels: operands,
    count: options.count,
    durationMs: options.duration,
    signal,
    onChannel: (channel) => output.note(`receiving ${printable(channel)}`),
    onProgress: (soFar) => output.progress(soFar.channels.map((each) => `${printable(each.channel)}: ${line(each)}`).join("; ")),
  });
  for (const measured of channels) {
    const { channel, packets, spanMs } = measured;
    const said = `${output.style("bold", printable(channel))}: ${formatCount(packets, "packet")}, ${line(measured)}`;
    output.result({ type, channel, packets, spanMs, ...record(measured) }, packets === 0 ? `${printable(channel)}: nothing arrived` : said);
  }
  output.result({ type: "measured", ...report }, [
    `${formatCount(report.packets, "packet")} in ${(report.durationMs / 1000).toFixed(1)} s`,
    ...faultLines(report),
  ]);
  return report.packets === 0 || (type === "delay" && channels.every(({ delayMs }) => delayMs === undefined)) ? "negative" : "done";
}

function spread({ min, mean, max, std }: SpreadReport, unit: string): string {
  return `min ${rounded(min)}, mean ${rounded(mean)}, max ${rounded(max)}, std ${rounded(std)} ${unit}`;
}

const DIGITS = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });

function rounded(value: number): string {
  return DIGITS.format(value);
}
