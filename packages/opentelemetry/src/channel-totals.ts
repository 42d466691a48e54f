import type { Attributes } from "@opentelemetry/api";
import { CHANNEL_METRICS, type ChannelCount, TRANSPORT_METRICS, type TransportCount } from "./channel-metrics.js";
import type { ObservedNode } from "./instrument-options.js";
import { addCounts, type Counts, type Metrics, type Series, zeroCounts } from "./metric.js";

/** Sums of the counters of the channels of some nodes, and of the transports that carry them. A closed node keeps its counters. */
export class ChannelTotals {
  readonly #nodes: readonly ObservedNode[];
  readonly #byChannel: ReadonlySet<string>;
  readonly #attributes: Attributes;

  /** @param attributes - Of every series. */
  constructor(nodes: readonly ObservedNode[], byChannel: readonly string[], attributes: Attributes) {
    this.#nodes = [...new Set(nodes)];
    this.#byChannel = new Set(byChannel);
    this.#attributes = attributes;
  }

  /** Returns the counts of each channel with series of its own, and of all others. */
  readonly channels = (): Series<ChannelCount>[] => {
    const sums = new Sums<string | undefined, ChannelCount>(CHANNEL_METRICS, [undefined, ...this.#byChannel]);
    for (const { channels } of this.#nodes) {
      for (const channel of channels) sums.add(this.#byChannel.has(channel.name) ? channel.name : undefined, channel.statistics());
    }
    return sums.entries.map(([name, counts]) => [this.#with("groupcast.channel.name", name), counts]);
  };

  /** Returns the counts of each kind of transport. Nodes may share one. */
  readonly transports = (): Series<TransportCount>[] => {
    const transports = new Set(this.#nodes.map(({ transport }) => transport));
    const sums = new Sums<string, TransportCount>(TRANSPORT_METRICS, []);
    for (const transport of transports) sums.add(transport.kind, transport.statistics());
    return sums.entries.map(([kind, counts]) => [this.#with("groupcast.transport.kind", kind), counts]);
  };

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
