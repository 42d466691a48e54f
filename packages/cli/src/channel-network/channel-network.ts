import { type Logger, stderrLogger } from "@groupcast/base";
import type { ChannelNode, ChannelTransport, LcmTransportOptions, NatsTransportOptions } from "@groupcast/channels";
import type { InterfaceSelector, Reactor } from "groupcast";
import type { ChannelsModule } from "./load-channels.js";

/** Network of channels to look at. */
export interface ChannelNetworkSettings {
  /** Port number of all channels on UDP. Default: 8765. */
  readonly port?: number | undefined;
  /** TTL of this program's heartbeats, which nodes answer at once: 0 … 255. Default: 0, this host. */
  readonly ttl?: number | undefined;
  /** Interface to send and receive on. Default: all. */
  readonly interface?: InterfaceSelector | undefined;
  /** NATS servers that carry the channels, instead of UDP. */
  readonly nats?: Pick<NatsTransportOptions, "servers" | "prefix" | "connection"> | undefined;
  /** LCM network that carries the channels, instead of pulicast's UDP. No program announces its channels there. */
  readonly lcm?: Pick<LcmTransportOptions, "url" | "interface"> | undefined;
}

/** Port number of channels, unless they have another one. */
export const DEFAULT_CHANNEL_PORT = 8765;

/** A network of channels that this program takes part in, as a node of its own. */
export interface ChannelNetwork {
  /** The node, whose heartbeats find the others. */
  readonly node: ChannelNode;
  /** Transport over NATS or LCM; undefined on pulicast's UDP. */
  readonly broker: ChannelTransport | undefined;
  /** Leaves it. */
  close(): Promise<void>;
}

const NODE_NAME = "groupcast channels";

/** Errors only: that TTL 0 and an interface do not go together is for programs that publish. */
const LOGGER: Logger = { info: () => {}, warn: () => {}, error: (message, fields) => stderrLogger.error(message, fields) };

/**
 * Takes part in a network of channels.
 *
 * @throws (rejects) what `NatsTransport.connect` and `ChannelNode` throw.
 */
export async function openChannelNetwork(
  reactor: Reactor,
  { ChannelNode: Node, LcmTransport, NatsTransport }: ChannelsModule,
  { nats, lcm, port, ttl, interface: selector }: ChannelNetworkSettings,
): Promise<ChannelNetwork> {
  if (nats === undefined && lcm === undefined) {
    const node = new Node(reactor, { name: NODE_NAME, port, ttl, interface: selector, logger: LOGGER });
    return { node, broker: undefined, close: () => node.close() };
  }
  const broker =
    lcm === undefined ? await NatsTransport.connect({ ...nats, logger: LOGGER }) : new LcmTransport(reactor, { ...lcm, logger: LOGGER });
  try {
    const node = new Node(reactor, { name: NODE_NAME, transport: broker, logger: LOGGER });
    const close = async (): Promise<void> => {
      await node.close();
      await broker.close();
    };
    return { node, broker, close };
  } catch (error) {
    await broker.close();
    throw error;
  }
}
