import { checkInteger, checkOptions, checkString, outOfRange, wrongType } from "@groupcast/base";
import type { Reactor } from "@groupcast/reactor";
import { type MeterProvider, metrics } from "@opentelemetry/api";
import type { ChannelCount, TransportCount } from "./channel-metrics.js";

/** A channel whose counters are read: a `Channel` of `@groupcast/channels`. */
export interface ObservedChannel {
  /** Full name, without a leading slash. */
  readonly name: string;
  /** Returns the counters as they are now. */
  statistics(): Readonly<Record<ChannelCount, number>>;
}

/** A network of channels whose counters are read: a `ChannelTransport` of `@groupcast/channels`. */
export interface ObservedTransport {
  /** Kind of network: `"udp"`, `"nats"`. */
  readonly kind: string;
  /** Returns the counters as they are now. */
  statistics(): Readonly<Record<TransportCount, number>>;
}

/** A node whose channels are observed: a `ChannelNode` of `@groupcast/channels`. */
export interface ObservedNode {
  /** Channels that the node has open. */
  readonly channels: readonly ObservedChannel[];
  /** Network of the node. */
  readonly transport: ObservedTransport;
  /** Calls `listener` for each channel that is closed, once it is no longer among `channels`. */
  on(event: "channelClosed", listener: (channel: ObservedChannel) => void): unknown;
  /** Undoes {@link ObservedNode.on}. */
  off(event: "channelClosed", listener: (channel: ObservedChannel) => void): unknown;
}

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /** Provider that creates the instruments. Default: the global one at the time of the call. */
  readonly meterProvider?: MeterProvider | undefined;
  /** Name of the reactor: the attribute `groupcast.reactor.name` of every series. Several reactors need it. Default: no such attribute. */
  readonly name?: string | undefined;
  /**
   * Numbers of ports, 1 … 65,535, that get their own series, by the attribute `network.local.port`. All other ports share one series
   * without it. Default: none. So the number of series does not grow with the number of ports.
   */
  readonly byPort?: readonly number[] | undefined;
  /** Nodes whose channels and transports are counted. Default: none. */
  readonly channelNodes?: readonly ObservedNode[] | undefined;
  /**
   * Full names of channels, without a leading slash, that get their own series, by the attribute `groupcast.channel.name`. All other
   * channels share one series without it. Default: none.
   */
  readonly byChannel?: readonly string[] | undefined;
}

/** {@link InstrumentOptions}, checked, with defaults. */
export interface ResolvedInstrumentOptions {
  readonly meterProvider: MeterProvider;
  readonly name: string | undefined;
  readonly byPort: readonly number[];
  readonly channelNodes: readonly ObservedNode[];
  readonly byChannel: readonly string[];
}

const OPERATION = "instrument";
const MAX_PORT = 65_535;
const KEYS = ["meterProvider", "name", "byPort", "channelNodes", "byChannel"] as const;

/** Checks the arguments of {@link instrument}. @throws InvalidArgumentError for each that is wrong. */
export function resolveInstrumentOptions(reactor: Reactor, given: InstrumentOptions | undefined): ResolvedInstrumentOptions {
  if (typeof reactor?.listenUDP !== "function") throw wrongType(OPERATION, "reactor", reactor, "a Reactor");
  const options = checkOptions(OPERATION, given, KEYS);
  const { meterProvider = metrics.getMeterProvider(), name, byPort = [], channelNodes = [], byChannel = [] } = options;
  if (typeof meterProvider?.getMeter !== "function") throw wrongType(OPERATION, "meterProvider", meterProvider, "a MeterProvider");
  if (name !== undefined && checkString(OPERATION, "name", name) === "") {
    throw outOfRange(OPERATION, "name", name, "a string that is not empty");
  }
  return {
    meterProvider,
    name,
    byPort: checkEach("byPort", byPort, "an array of port numbers", (argument, number) =>
      checkInteger(OPERATION, argument, number, [1, MAX_PORT]),
    ),
    channelNodes: checkEach("channelNodes", channelNodes, "an array of ChannelNodes", checkNode),
    byChannel: checkChannels(byChannel, channelNodes),
  };
}

/** Returns a copy of `value` if it is an array of elements that `check` lets pass. */
function checkEach<T>(argument: string, value: readonly T[], expected: string, check: (argument: string, element: T) => T): readonly T[] {
  if (!Array.isArray(value)) throw wrongType(OPERATION, argument, value, expected);
  return Array.from(value as readonly T[], (element, index) => check(`${argument}[${index}]`, element));
}

function checkNode(argument: string, node: ObservedNode): ObservedNode {
  const hasEvents = typeof node?.on === "function" && typeof node.off === "function";
  const isNode = hasEvents && Array.isArray(node.channels) && typeof node.transport?.statistics === "function";
  if (!isNode) throw wrongType(OPERATION, argument, node, "a ChannelNode");
  return node;
}

function checkChannels(byChannel: readonly string[], nodes: readonly ObservedNode[]): readonly string[] {
  const names = checkEach("byChannel", byChannel, "an array of names of channels", (argument, name) => {
    if (!/^\/|^$/.test(checkString(OPERATION, argument, name))) return name;
    throw outOfRange(OPERATION, argument, name, "the full name of a channel, without a leading slash");
  });
  if (names.length > 0 && nodes.length === 0) throw outOfRange(OPERATION, "byChannel", byChannel, "the option channelNodes beside it");
  return names;
}
