import type { Attributes } from "@opentelemetry/api";
import { CHANNEL_METRICS, type ChannelCount, TRANSPORT_METRICS, type TransportCount } from "./channel-metrics.js";
import type { ObservedChannel, ObservedNode } from "./instrument-options.js";
import { addCounts, type Counts, type Metrics, type Series, zeroCounts } from "./metric.js";

/**
 * Sums of the counters of the channels of some nodes, and of the transports that carry them. A channel that closes leaves its last counters
 * in the sum of its place, and a closed node keeps its channels, so sums never fall.
 */
export class ChannelTotals {
  readonly #nodes: readonly ObservedNode[];
  readonly #byChannel: ReadonlySet<string>;
  readonly #attributes: Attributes;
  readonly #closed: Sums<string | undefined, ChannelCount>;

  /** Counts from now on; channels that are open count from their beginning. @param attributes - Of every series. */
  constructor(nodes: readonly ObservedNode[], byChannel: readonly string[], attributes: Attributes) {
    this.#nodes = [...new Set(nodes)];
    this.#byChannel = new Set(byChannel);
    this.#attributes = attributes;
    this.#closed = new Sums(CHANNEL_METRICS, [undefined, ...byChannel]);
    for (const node of this.#nodes) node.on("channelClosed", this.#channelClosed);
  }

  /** Counts no more. */
  stop(): void {
    for (const node of this.#nodes) node.off("channelClosed", this.#channelClosed);
  }

  /** Returns the counts of each channel with series of its own, and of all others. */
  readonly channels = (): Series<ChannelCount>[] => {
    const sums = new Sums<string | undefined, ChannelCount>(CHANNEL_METRICS, []);
    for (const [place, counts] of this.#closed.entries) sums.add(place, counts);
    for (const { channels } of this.#nodes) for (const channel of channels) sums.add(this.#placeOf(channel), channel.statistics());
    return sums.entries.map(([name, counts]) => [this.#with("groupcast.channel.name", name), counts]);
  };

  /** Returns the counts of each kind of transport. Nodes may share one. */
  readonly transports = (): Series<TransportCount>[] => {
    const transports = new Set(this.#nodes.map(({ transport }) => transport));
    const sums = new Sums<string, TransportCount>(TRANSPORT_METRICS, []);
    for (const transport of transports) sums.add(transport.kind, transport.statistics());
    return sums.entries.map(([kind, counts]) => [this.#with("groupcast.transport.kind", kind), counts]);
  };

  readonly #channelClosed = (channel: ObservedChannel): void => this.#closed.add(this.#placeOf(channel), channel.statistics());

  /** Returns the name of a channel with series of its own; undefined for the others. */
  #placeOf({ name }: ObservedChannel): string | undefined {
    return this.#byChannel.has(name) ? name : undefined;
  }

  #with(attribute: string, value: string | undefined): Attributes {
    return value === undefined ? this.#attributes : { ...this.#attributes, [attribute]: value };
  }
}

/** Sums by key. */
class Sums<Key, Count extends string> {
  readonly #metrics: Metrics<Count>;
  readonly #sums = new Map<Key, Counts<Count>>();

  /** @param keys - Keys that there are from the beginning. */
  constructor(metrics: Metrics<Count>, keys: readonly Key[]) {
    this.#metrics = metrics;
    for (const key of keys) this.#sums.set(key, zeroCounts(metrics));
  }

  /** Adds `counts` to the sum of `key`. */
  add(key: Key, counts: Readonly<Counts<Count>>): void {
    const sum = this.#sums.get(key) ?? zeroCounts(this.#metrics);
    this.#sums.set(key, sum);
    addCounts(sum, counts);
  }

  get entries(): [Key, Counts<Count>][] {
    return [...this.#sums];
  }
}
