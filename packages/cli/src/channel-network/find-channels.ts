import type { Reactor } from "groupcast";
import { type ChannelNetworkSettings, DEFAULT_CHANNEL_PORT, openChannelNetwork } from "./channel-network.js";
import { ChannelSelection } from "./channel-selection.js";
import { loadChannels } from "./load-channels.js";
import { waitForHeartbeats } from "./wait-for-heartbeats.js";

/** Destination of a channel's datagrams. */
export interface ChannelTarget {
  /** Multicast group of the channel. */
  readonly address: string;
  /** Port number of the network. */
  readonly port: number;
  /** Full name. Other channels on the same group are filtered out. */
  readonly channel: string;
}

/** Plan of {@link findChannels}: network, and time. */
export interface FindChannelsPlan extends Omit<ChannelNetworkSettings, "nats"> {
  /** Time to wait for heartbeats, in milliseconds, if there is a pattern. Default: 2000, and one of their periods in a large network. */
  readonly waitMs?: number | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns the destinations of channels on UDP, for `listenForDatagrams` and `recordDatagrams`.
 *
 * A pattern, such as `robot/**`, stands for the channels that nodes use now: those whose heartbeats come within `waitMs`. Only the
 * channels of `@groupcast/channels` have heartbeats; name those of other programs.
 *
 * @param channels - Names and patterns.
 * @throws (rejects) InvalidArgumentError `ERR_CHANNEL_NAME`, `ERR_ARGUMENT_RANGE`; what `ChannelNode` throws, if there is a pattern.
 */
export async function findChannels(
  reactor: Reactor,
  channels: readonly string[],
  plan: FindChannelsPlan = {},
): Promise<readonly ChannelTarget[]> {
  const module = await loadChannels();
  const selection = new ChannelSelection("findChannels", module, channels);
  const { waitMs, signal, port = DEFAULT_CHANNEL_PORT, ttl, interface: selector } = plan;
  const targetOf = (channel: string): ChannelTarget => ({ address: module.multicastGroupForChannel(channel), port, channel });
  if (!selection.hasPatterns) return selection.names.map(targetOf);
  const network = await openChannelNetwork(reactor, module, { port, ttl, interface: selector });
  try {
    await waitForHeartbeats(reactor.clock, network.node, { durationMs: waitMs, signal });
    return [...new Set([...selection.names, ...selection.usedBy(network.node.nodes)])].map(targetOf);
  } finally {
    await network.close();
  }
}
