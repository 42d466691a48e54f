import { Rates } from "../rates.js";
import type { MonitorSource, NodeSample, Readings, RelaySample } from "../sample.js";

/** Use of a channel by a node. */
export interface MonitoredUsage {
  /** Full name of the channel. */
  readonly name: string;
  /** Whether the node has published on it. */
  readonly isPublished: boolean;
  /** Whether the node subscribes to it now. */
  readonly isSubscribed: boolean;
}

/** A node, with the channels that it uses. */
export interface KnownNode {
  /** Random number that identifies it. */
  readonly session: string;
  /** Name. */
  readonly name: string;
  /** Channels that it uses. */
  readonly channels: readonly MonitoredUsage[];
}

/** A node of channels to show, with those that it knows: a `ChannelNode` of `@groupcast/channels`. */
export interface MonitoredNode extends KnownNode {
  /** The other nodes that it knows. */
  readonly nodes: readonly KnownNode[];
}

/** Counters of one direction of a relay to show. */
export interface MonitoredLane {
  /** Name of the network that packets come from. */
  readonly from: string;
  /** Name of the network that they go to. */
  readonly to: string;
  /** Number passed on. */
  readonly forwarded: number;
  /** Number that the other network did not take. */
  readonly refused: number;
  /** Number over the rate of their rule. */
  readonly limited: number;
  /** Number too long for the other network. */
  readonly tooLong: number;
}

/** A relay to show: a `ChannelRelay` of `@groupcast/channels`. */
export interface MonitoredRelay {
  /** Random number that identifies it. */
  readonly id: string;
  /** Returns the counters of both directions. */
  statistics(): readonly MonitoredLane[];
}

/** Options of a {@link ChannelSource}. */
export interface ChannelSourceOptions {
  /** Nodes to show, with those that they know. */
  readonly nodes?: readonly MonitoredNode[] | undefined;
  /** Relays to show. */
  readonly relays?: readonly MonitoredRelay[] | undefined;
  /** Whether to leave out the given nodes and show only those that they know, because they exist only to look. Default: false. */
  readonly isHidden?: boolean | undefined;
}

const MOST_CHANNELS = 64; // of one node, and direction
const FEWEST_CHANNELS = 4;
const MOST_NAMES = 4096; // of all nodes, and direction: a thousand made-up nodes with 64 long names each are 33 MB of JSON a second

/** Nodes, their channels, and relays. */
export class ChannelSource implements MonitorSource {
  readonly #nodes: readonly MonitoredNode[];
  readonly #relays: readonly MonitoredRelay[];
  readonly #isHidden: boolean;
  readonly #rates = new Rates();

  /** Creates a source; reads nothing yet. */
  constructor({ nodes = [], relays = [], isHidden = false }: ChannelSourceOptions) {
    this.#nodes = nodes;
    this.#relays = relays;
    this.#isHidden = isHidden;
  }

  /** Reads the directories and counters. */
  read(elapsedMs: number): Readings {
    this.#rates.begin(elapsedMs);
    const known = new Map<string, KnownNode>(this.#nodes.flatMap(({ nodes }) => nodes.map((node) => [node.session, node] as const)));
    for (const node of this.#nodes) {
      if (this.#isHidden) known.delete(node.session);
      else known.set(node.session, node);
    }
    const own = new Set<KnownNode>(this.#nodes);
    const mostChannels = Math.min(MOST_CHANNELS, Math.max(FEWEST_CHANNELS, Math.floor(MOST_NAMES / known.size)));
    const byName = (a: NodeSample, b: NodeSample) => (a.name === b.name ? compare(a.session, b.session) : compare(a.name, b.name));
    const nodes = [...known.values()].map((node) => nodeSample(node, own.has(node), mostChannels)).sort(byName);
    return { nodes, relays: this.#relays.map((relay) => this.#relaySample(relay)) };
  }

  #relaySample(relay: MonitoredRelay): RelaySample {
    const lanes = relay.statistics();
    const sum = (of: (lane: MonitoredLane) => number) => lanes.reduce((total, lane) => total + of(lane), 0);
    const kept = sum(({ refused, limited, tooLong }) => refused + limited + tooLong);
    return {
      id: relay.id,
      name: lanes.length === 0 ? relay.id : `${lanes[0]!.from} ↔ ${lanes[0]!.to}`,
      forwardedPerSecond: this.#rates.of(
        `${relay.id} forwarded`,
        sum(({ forwarded }) => forwarded),
      ),
      refusedPerSecond: this.#rates.of(`${relay.id} refused`, kept),
    };
  }
}

function nodeSample({ session, name, channels }: KnownNode, isOwn: boolean, mostChannels: number): NodeSample {
  const used = channels.filter(({ isPublished, isSubscribed }) => isPublished || isSubscribed);
  const names = (is: "isPublished" | "isSubscribed") => used.filter((channel) => channel[is]).map((channel) => channel.name);
  return {
    session,
    name,
    publishes: names("isPublished").slice(0, mostChannels),
    subscribes: names("isSubscribed").slice(0, mostChannels),
    channelCount: used.length,
    isOwn,
  };
}

/** By code point, which is the same in every locale. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
