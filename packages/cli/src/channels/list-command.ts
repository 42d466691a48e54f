import type { NodeChange } from "@groupcast/channels";
import { type Command, command, type Invocation } from "../command/command.js";
import type { Exit } from "../command/exit-codes.js";
import { formatCount } from "../command/format.js";
import type { Output } from "../command/output.js";
import { printable } from "../command/printable.js";
import { UsageError } from "../command/usage-error.js";
import { durationMs } from "../command/words.js";
import { NETWORK_OPTIONS, networkSettings } from "./channel-options.js";
import { type ChannelListing, type ListedChannel, type ListedNode, listChannels } from "./list-channels.js";

const OPTIONS = {
  ...NETWORK_OPTIONS,
  duration: { short: "d", value: "TIME", read: durationMs, help: "time to wait for heartbeats (default: 2s, longer in a large network)" },
  watch: { short: "w", help: "keep running, and print each change, until Ctrl-C" },
} as const;

/** `groupcast channels list`. */
export const channelsListCommand: Command = command({
  name: "channels list",
  summary: "Lists channels, and the nodes that publish and subscribe to them.",
  operands: [],
  options: OPTIONS,
  examples: {
    "groupcast channels list": "the channels of this host's network, after two seconds",
    "groupcast channels list -i eth0 --ttl 1 --watch": "on one interface; nodes of other hosts answer at once",
    "groupcast channels list --nats nats://192.0.2.1:4222": "the channels of a NATS server",
  },
  notes: [
    "It takes part as a node named groupcast channels. It sees only Groupcast nodes that send heartbeats.",
    '--json prints an object for each channel: type "channel", channel, group, port, publishers and subscribers (each with name and ' +
      'session); with --watch one for each change: type "node", change, name, session, channels. The last object is type "listed": nodes, channels, ' +
      "leftOut. Exit code 1: no channel was found.",
  ],
  run: runList,
});

async function runList(invocation: Invocation<typeof OPTIONS>): Promise<Exit> {
  const { options, output, signal } = invocation;
  if (options.watch && options.duration !== undefined) throw new UsageError("--watch runs until Ctrl-C: leave --duration out");
  const reactor = invocation.openReactor();
  const network = networkSettings(reactor, invocation);
  output.progress("waiting for heartbeats");
  const listing = await listChannels(reactor, {
    ...network,
    durationMs: options.watch ? Number.POSITIVE_INFINITY : options.duration,
    signal,
    onChange: options.watch ? (change) => printChange(output, change) : undefined,
  });
  for (const line of table(listing, output)) output.text(line);
  for (const channel of listing.channels) if (output.json) output.result({ type: "channel", ...channel }, "");
  const counts = { nodes: listing.nodes.length, channels: listing.channels.length, leftOut: listing.leftOut };
  output.result({ type: "listed", ...counts }, summary(listing));
  return listing.channels.length === 0 ? "negative" : "done";
}

function printChange(output: Output, { change, node: { name, session, channels } }: NodeChange): void {
  const uses = channels.map((use) => `${printable(use.name)} (${useOf(use)})`);
  output.result(
    { type: "node", change, name, session, channels },
    `${change} ${output.style("bold", printable(name))} ${session}${change === "gone" ? "" : `: ${uses.join(", ") || "no channels"}`}`,
  );
}

function useOf({ isPublished, isSubscribed }: NodeChange["node"]["channels"][number]): string {
  return [isPublished ? "publishes" : "", isSubscribed ? "subscribes" : ""].filter(Boolean).join(", ");
}

function table({ channels }: ChannelListing, output: Output): string[] {
  if (channels.length === 0) return [];
  const rows = channels.map(rowOf);
  const head = ["CHANNEL", "GROUP", "PUBLISHED BY", "SUBSCRIBED BY"];
  const widths = head.map((word, column) => Math.max(word.length, ...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  return [output.style("bold", line(head)), ...rows.map(line)];
}

function rowOf({ channel, group, port, publishers, subscribers }: ListedChannel): readonly string[] {
  return [printable(channel), group === undefined ? "-" : `${group}:${port}`, names(publishers), names(subscribers)];
}

function names(nodes: readonly ListedNode[]): string {
  return nodes.length === 0 ? "-" : nodes.map(({ name }) => printable(name)).join(", ");
}

function summary({ nodes, channels, leftOut }: ChannelListing): string {
  const rest = leftOut === 0 ? "" : `, ${leftOut} heartbeats, nodes or channels left out`;
  return `${formatCount(nodes.length, "node")}, ${formatCount(channels.length, "channel")}${rest}`;
}
