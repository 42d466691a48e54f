import type { Destination } from "groupcast";
import { type Command, command, type Invocation } from "../command/command.js";
import { existingInterface } from "../command/existing-interface.js";
import type { Exit } from "../command/exit-codes.js";
import { formatCount, formatRate } from "../command/format.js";
import { readAs } from "../command/parse-arguments.js";
import { printable } from "../command/printable.js";
import { UsageError } from "../command/usage-error.js";
import { address, count, endpoint, port, text } from "../command/words.js";
import { type EndpointPattern, endpointMapping } from "./endpoint-pattern.js";
import type { ChannelReplay } from "./replay-channels.js";
import { type ReplayReport, replayDatagrams } from "./replay-datagrams.js";
import type { ReplaySelection } from "./replay-selection.js";

const MAX_TTL = 255;

const OPTIONS = {
  speed: { value: "FACTOR", read: speed, help: "0.5 for half as fast as recorded, 2 for twice, max for no pauses (default: 1)" },
  loop: { short: "l", value: "N", read: count(1, Number.MAX_SAFE_INTEGER), help: "times to replay it (default: 1)" },
  filter: {
    value: "FILTER",
    read: filter,
    help: "only matching datagrams: group=239.1.2.3, port=5000 or source=192.0.2.1; may be repeated",
    isRepeatable: true,
  },
  map: {
    short: "m",
    value: "OLD=NEW",
    read: endpointMapping,
    help: "239.1.2.3=239.9.9.9 or :5000=:6000; may be repeated",
    isRepeatable: true,
  },
  channel: {
    value: "NAME|OLD=NEW",
    read: channel,
    help: "only this channel or pattern; =NEW sends it under another name, to the group of that name; may be repeated",
    isRepeatable: true,
  },
  to: { value: "ADDRESS:PORT", read: destination, help: "send everything there, to a group or a host" },
  interface: { short: "i", value: "NAME", read: text, help: "outgoing interface of multicast: a name, an address or an index" },
  ttl: { short: "t", value: "HOPS", read: count(0, MAX_TTL), help: "TTL of multicast (default: 1)" },
} as const;

/** `groupcast replay`. */
export const replayCommand: Command = command({
  name: "replay",
  summary: "Replays a recording of groupcast record, tcpdump or Wireshark.",
  operands: [{ name: "FILE", help: "recording, pcapng or pcap" }],
  options: OPTIONS,
  examples: {
    "groupcast replay field.pcapng": "with the recorded timing, to the recorded groups",
    "groupcast replay field.pcapng -i eth1 --speed 10 --map 239.1.2.3=239.9.9.9": "ten times as fast, to another group",
    "groupcast replay field.pcapng --filter source=192.0.2.7 --to 127.0.0.1:5000": "the datagrams of one sender, to this host",
    "groupcast replay field.pcapng --channel robot/pose=test/pose": "the messages of a channel, under another name",
  },
  notes: [
    "Each recorded sender gets its own port; the source addresses are those of this host. Datagrams that went to a host are skipped, " +
      "unless --map or --to gives them a destination.",
    '--json prints one object at the end: type "replayed", file, sent, sentBytes, failed, failures (by errno), skipped (by reason), durationMs. ' +
      "Exit code 1: nothing was sent, or a datagram failed.",
  ],
  run: runReplay,
});

async function runReplay(invocation: Invocation<typeof OPTIONS>): Promise<Exit> {
  const { options, output, operands, signal } = invocation;
  const [file = ""] = operands;
  if (options.to !== undefined && options.map.length > 0) throw new UsageError("--to and --map exclude each other: choose one");
  const reactor = invocation.openReactor();
  const report = await replayDatagrams(reactor, file, {
    speed: options.speed,
    loops: options.loop,
    ...selectionOf(options.filter),
    mappings: options.map,
    channels: options.channel,
    to: options.to,
    interface: options.interface === undefined ? undefined : existingInterface(reactor.network, options.interface),
    ttl: options.ttl,
    signal,
    onProgress: ({ sent, durationMs }) => output.progress(`${formatCount(sent, "datagram")} sent, ${formatRate(sent, durationMs)}`),
  });
  const { errors, ...record } = report;
  output.result({ type: "replayed", file, ...record }, summary(report));
  for (const { message } of errors) output.note(message);
  return report.sent === 0 || report.failed > 0 ? "negative" : "done";
}

function summary({ sent, sentBytes, failed, failures, skipped, durationMs }: ReplayReport): string[] {
  const kinds = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([kind, number]) => `${printable(kind)} ${number}`)
      .join(", ");
  const passedOver = Object.values(skipped).reduce((sum, number) => sum + number, 0);
  return [
    `${formatCount(sent, "datagram")} (${formatCount(sentBytes, "byte")}) sent in ${(durationMs / 1000).toFixed(1)} s`,
    ...(passedOver > 0 ? [`${passedOver} skipped: ${kinds(skipped)}`] : []),
    ...(failed > 0 ? [`${formatCount(failed, "datagram")} failed: ${kinds(failures)}`] : []),
  ];
}

function speed(word: string): number {
  if (word === "max") return Number.POSITIVE_INFINITY;
  const factor = /^\d+(\.\d+)?$/.test(word) ? Number(word) : 0;
  if (factor > 0) return factor;
  throw new UsageError("a factor is expected, such as 0.5 or 2, or max");
}

function destination(word: string): Destination {
  const { address: to, port: number } = endpoint(word);
  if (number === undefined) throw new UsageError("the port is missing, as in 239.1.2.3:5000");
  return { address: to, port: number };
}

/** Reads `robot/pose`, `robot/**` or `robot/pose=test/pose`. */
function channel(word: string): ChannelReplay {
  const [name = "", ...rest] = word.split("=");
  if (name === "" || rest.length > 1 || rest[0] === "")
    throw new UsageError("NAME or OLD=NEW is expected, such as robot/pose, or robot/pose=test/pose");
  return { channel: name, as: rest[0] };
}

/** A condition on datagrams. */
interface Filter {
  readonly part: "group" | "port" | "source";
  readonly pattern: EndpointPattern;
}

const FILTERS: Readonly<Record<Filter["part"], (word: string) => EndpointPattern>> = {
  group: (word) => ({ address: address(word) }),
  port: (word) => ({ port: port(word) }),
  source: (word) => ({ address: address(word) }),
};

function filter(word: string): Filter {
  const [part = "", value = ""] = word.split("=");
  if (!Object.hasOwn(FILTERS, part)) throw new UsageError("group=ADDRESS, port=NUMBER or source=ADDRESS is expected");
  return { part: part as Filter["part"], pattern: readAs(part, value, FILTERS[part as Filter["part"]]) };
}

/** Of several filters of one part, one must fit; of several parts, each. */
function selectionOf(filters: readonly Filter[]): ReplaySelection {
  const of = (part: Filter["part"]): EndpointPattern[] => filters.filter((each) => each.part === part).map(({ pattern }) => pattern);
  const groups = of("group");
  const ports = of("port");
  const sources = of("source");
  const both = groups.flatMap((group) => ports.map((each) => ({ ...group, ...each })));
  const destinations = groups.length > 0 && ports.length > 0 ? both : [...groups, ...ports];
  return { destinations: destinations.length === 0 ? undefined : destinations, sources: sources.length === 0 ? undefined : sources };
}
