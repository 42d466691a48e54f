import type { NodeChange, RemoteNode } from "@groupcast/channels";
import type { Reactor } from "groupcast";
import { type ChannelNetworkSettings, DEFAULT_CHANNEL_PORT, openChannelNetwork } from "../channel-network/channel-network.js";
import { loadChannels } from "../channel-network/load-channels.js";
import { waitForHeartbeats } from "../channel-network/wait-for-heartbeats.js";

/** A node, as its heartbeats describe it. */
export interface ListedNode {
  /** Its name. Several nodes can have one name. */
  readonly name: string;
  /** Random number that identifies it: 16 hexadecimal digits. */
  readonly session: string;
}

/** A channel that nodes use. */
export interface ListedChannel {
  /** Full name. */
  readonly channel: string;
  /** Multicast group; undefined over NATS. */
  readonly group: string | undefined;
  /** Port number; undefined over NATS. */
  readonly port: number | undefined;
  /** Nodes that have published on it. */
  readonly publishers: readonly ListedNode[];
  /** Nodes that subscribe to it. */
  readonly subscribers: readonly ListedNode[];
}

/** Nodes and channels of a network. */
export interface ChannelListing {
  /** Nodes that have sent heartbeats and have not left. */
  readonly nodes: readonly ListedNode[];
  /** Channels that they use, by name. */
  readonly channels: readonly ListedChannel[];
  /** Heartbeats that could not be read, and nodes and channels for which there was no room. */
  readonly leftOut: number;
}

/** Plan of {@link listChannels}: network, and time. */
export interface ListChannelsPlan extends ChannelNetworkSettings {
  /** Time to wait for heartbeats, in milliseconds. Default: 2000, and one of their periods in a large network; Infinity: until the signal aborts. */
  readonly durationMs?: number | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each change of a node. */
  readonly onChange?: ((change: NodeChange) => void) | undefined;
}

/**
 * Lists the channels of a network, with the nodes that publish and subscribe to them, according to their heartbeats.
 *
 * Takes part in the network as a node named `groupcast channels`, which other nodes see. It sees neither nodes with `heartbeatMs: 0` nor
 * programs without Groupcast's heartbeats.
 *
 * @throws (rejects) what `ChannelNode` and `NatsTransport.connect` throw.
 */
export async function listChannels(reactor: Reactor, plan: ListChannelsPlan = {}): Promise<ChannelListing> {
  const { onChange, nats, port = DEFAULT_CHANNEL_PORT } = plan;
  const module = await loadChannels();
  const network = await openChannelNetwork(reactor, module, plan);
  try {
    const { node } = network;
    if (onChange !== undefined) node.on("node", onChange);
    await waitForHeartbeats(reactor.clock, node, plan);
    const { malformed = 0, evicted = 0, refused = 0 } = node.statistics().directory ?? {};
    const place = (channel: string) =>
      nats === undefined ? { group: module.multicastGroupForChannel(channel), port } : { group: undefined, port: undefined };
    const channels = usedChannels(node.nodes).map((used) => ({ ...used, ...place(used.channel) }));
    return { nodes: node.nodes.map(listed), channels, leftOut: malformed + evicted + refused };
  } finally {
    await network.close();
  }
}

function usedChannels(nodes: readonly RemoteNode[]): Pick<ListedChannel, "channel" | "publishers" | "subscribers">[] {
  const found = new Map<string, { readonly channel: string; readonly publishers: ListedNode[]; readonly subscribers: ListedNode[] }>();
  for (const node of nodes) {
    for (const { name, isPublished, isSubscribed } of node.channels) {
      const entry = found.get(name) ?? { channel: name, publishers: [], subscribers: [] };
      if (isPublished) entry.publishers.push(listed(node));
      if (isSubscribed) entry.subscribers.push(listed(node));
      found.set(name, entry);
    }
  }
  return [...found.values()].sort((a, b) => (a.channel < b.channel ? -1 : 1));
}

function listed({ name, session }: RemoteNode): ListedNode {
  return { name, session };
}
