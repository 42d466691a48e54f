import {
  BASE_ERRORS,
  checkInteger,
  checkOptions,
  checkString,
  guardLogger,
  InvalidArgumentError,
  type Logger,
  stderrLogger,
  wrongType,
} from "@groupcast/base";
import type { Reactor } from "groupcast";
import { checkNamespace } from "./contract/channel-name.js";
import { type ChannelTransport, TRANSPORT_EXPECTED } from "./contract/channel-transport.js";
import { checkCarried } from "./contract/messages-only.js";
import type { ParameterDefinitions } from "./parameters/parameter-definition.js";
import { DEFAULT_NODES } from "./presence/node-directory.js";
import { type ResolvedSeal, resolveSeal, type SealOptions } from "./seal/seal-options.js";
import { resolveUdpOptions, UDP_OPTIONS, type UdpTransportOptions } from "./udp/udp-options.js";
import { UdpTransport } from "./udp/udp-transport.js";

/** Options of a {@link ChannelNode}: a name, and a transport or the options of a {@link UdpTransport}. */
export interface NodeOptions<P extends ParameterDefinitions = ParameterDefinitions> extends UdpTransportOptions {
  /** Name that other nodes see. Several nodes can have one name. */
  readonly name: string;
  /** Namespace of relative channel names. Default: the root. */
  readonly namespace?: string | undefined;
  /** Network to use instead of UDP. The node does not close it. Cannot be combined with options of UDP. */
  readonly transport?: ChannelTransport | undefined;
  /**
   * Time between two heartbeats, in milliseconds, 0 … 60,000. With 0 the node sends none and knows no other nodes. In a network of more than
   * some 130 nodes it grows with their number, up to a minute. Default 1000. On LCM only 0 is possible, and the default.
   */
  readonly heartbeatMs?: number | undefined;
  /**
   * Number of other nodes that the node knows, 1 … 65,536: at most half as many of one address, and 64 times as many channels. The one that
   * was silent for longest makes room first. Use a number above that of the nodes in the network. Default 1024.
   */
  readonly maxNodes?: number | undefined;
  /**
   * Seals the heartbeats, so that only key holders see the node and its channels, and only their heartbeats count for it. All nodes that
   * should see each other need it. Default: heartbeats are open to all. It does not seal channels: each has its own `seal`.
   */
  readonly seal?: SealOptions | undefined;
  /**
   * Parameters of the node, by name: `node.parameters`. Other nodes can read them all, and set those that are `settable`; with a `seal`,
   * only holders of its key can. Default: none.
   */
  readonly parameters?: P | undefined;
  /**
   * Number of sources whose order the node tracks, over all channels, 1 … 16,777,216; it forgets the one that was silent for longest first.
   * Default 65,536.
   */
  readonly maxSources?: number | undefined;
  /**
   * Memory of incomplete messages on channels with `fragment`, in bytes, 65,536 … 2 ** 32. The open channels share it. Each sealed channel
   * has as much for itself, because strangers must not fill that. One sender may use half of it. The node first gives up the message whose
   * latest fragment is oldest. Default 64 MiB.
   */
  readonly maxReassemblyBytes?: number | undefined;
}

/** {@link NodeOptions}, checked, with defaults. */
export interface ResolvedNodeOptions<P extends ParameterDefinitions> {
  readonly name: string;
  readonly namespace: string;
  readonly transport: ChannelTransport;
  readonly ownsTransport: boolean;
  readonly heartbeatMs: number;
  readonly maxNodes: number;
  readonly seal: ResolvedSeal | undefined;
  readonly parameters: P | undefined;
  readonly maxSources: number;
  readonly maxReassemblyBytes: number;
  readonly logger: Logger;
}

const DEFAULT_HEARTBEAT_MS = 1000;
const LONGEST_HEARTBEAT_MS = 60_000;
const MOST_NODES = 1 << 16;
const DEFAULT_SOURCES = 65_536; // some 27 MiB, measured full
const LARGEST_SOURCES = 1 << 24;
const DEFAULT_REASSEMBLY_BYTES = 64 * 1024 * 1024;
const NODE_OPTIONS = [
  "name",
  "namespace",
  "transport",
  "heartbeatMs",
  "maxNodes",
  "seal",
  "parameters",
  "maxSources",
  "maxReassemblyBytes",
  ...UDP_OPTIONS,
] as const;

/** Checks options and adds the defaults. @throws InvalidArgumentError for each option that is unknown or wrong. */
export function resolveNodeOptions<P extends ParameterDefinitions>(reactor: Reactor, given: NodeOptions<P>): ResolvedNodeOptions<P> {
  const operation = "new ChannelNode";
  if (typeof reactor?.listenMulticast !== "function") throw wrongType(operation, "reactor", reactor, "a Reactor");
  const options = checkOptions(operation, given, NODE_OPTIONS);
  const { name, namespace = "", logger = stderrLogger } = options;
  const transport = resolveTransport(operation, reactor, options);
  checkCarried(operation, transport, { heartbeatMs: options.heartbeatMs, seal: options.seal });
  const { heartbeatMs = transport.carriesOnlyMessages ? 0 : DEFAULT_HEARTBEAT_MS } = options;
  const { maxNodes = DEFAULT_NODES, maxSources = DEFAULT_SOURCES, maxReassemblyBytes = DEFAULT_REASSEMBLY_BYTES } = options;
  return {
    name: checkString(operation, "name", name),
    namespace: checkNamespace(operation, "", namespace),
    heartbeatMs: checkInteger(operation, "heartbeatMs", heartbeatMs, [0, LONGEST_HEARTBEAT_MS]),
    maxNodes: checkInteger(operation, "maxNodes", maxNodes, [1, MOST_NODES]),
    seal: options.seal === undefined ? undefined : resolveSeal(operation, options.seal), // null must not turn it off
    parameters: options.parameters,
    maxSources: checkInteger(operation, "maxSources", maxSources, [1, LARGEST_SOURCES]),
    maxReassemblyBytes: checkInteger(operation, "maxReassemblyBytes", maxReassemblyBytes, [1 << 16, 2 ** 32]),
    logger: guardLogger(logger),
    ownsTransport: options.transport === undefined,
    transport,
  };
}

function resolveTransport(operation: string, reactor: Reactor, options: Partial<Omit<NodeOptions, "parameters">>): ChannelTransport {
  const { transport } = options;
  const udp = Object.fromEntries(UDP_OPTIONS.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]));
  if (transport === undefined) {
    resolveUdpOptions(operation, udp); // here, so that the error names the function that the user called
    return new UdpTransport(reactor, udp as UdpTransportOptions);
  }
  if (typeof transport?.openSender !== "function") throw wrongType(operation, "transport", transport, TRANSPORT_EXPECTED);
  const extra = Object.keys(udp).find((key) => key !== "logger");
  if (extra === undefined) return transport;
  throw new InvalidArgumentError(BASE_ERRORS.ERR_OPTION_UNKNOWN, {
    operation,
    argument: "option",
    value: extra,
    meaning: "belongs to the UDP transport that the node creates without the option transport",
    advice: "pass it to the transport itself",
  });
}
