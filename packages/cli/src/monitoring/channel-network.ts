/** Networks of channels, as a command line names them. */
import { MAX_PORT } from "@groupcast/backend";
import type { ChannelNode } from "@groupcast/channels";
import type { InterfaceSelector, Reactor } from "groupcast";
import { type NatsServer, natsServer } from "../channel-network/nats-server.js";
import type { WordReader } from "../command/command.js";
import { UsageError } from "../command/usage-error.js";

/** A network of channels: one of UDP by its port number, or a NATS server by its address. */
export type ChannelNetwork = { readonly kind: "udp"; readonly port: number } | ({ readonly kind: "nats" } & NatsServer);

const DEFAULT_PORT = 8765; // of channels
const OWN_NAME = "groupcast monitor";

/** Reads `udp`, `udp:9000` or `nats://192.0.2.1:4222`, which may have a login: `nats://user:password@192.0.2.1`. */
export const channelNetwork: WordReader<ChannelNetwork> = (word) => {
  const [, digits] = /^udp(?::(\d{1,5}))?$/.exec(word) ?? [];
  if (word === "udp") return { kind: "udp", port: DEFAULT_PORT };
  if (digits !== undefined && Number(digits) > 0 && Number(digits) <= MAX_PORT) return { kind: "udp", port: Number(digits) };
  if (/^nats:\/\/[^/\s]+$/.test(word)) return { kind: "nats", ...natsServer(word) };
  throw new UsageError("a network of channels is udp, udp:PORT or nats://HOST:PORT");
};

/** A node that looks at a network. */
export interface LookingNode {
  /** The node, which knows the others. */
  readonly node: ChannelNode;
  /** Closes it, and its connection. */
  close(): Promise<void>;
}

/**
 * Opens a node that knows the others by their heartbeats. On UDP, its own heartbeats have TTL 0: they do not leave this host.
 *
 * The package is loaded only here: it takes a while, and most runs look at no channels.
 */
export async function lookAtChannels(reactor: Reactor, network: ChannelNetwork, at: InterfaceSelector | undefined): Promise<LookingNode> {
  const { ChannelNode, NatsTransport } = await import("@groupcast/channels");
  if (network.kind === "udp") {
    const node = new ChannelNode(reactor, { name: OWN_NAME, port: network.port, interface: at });
    return { node, close: () => node.close() };
  }
  const transport = await NatsTransport.connect({ servers: network.server, connection: network.login });
  const node = new ChannelNode(reactor, { name: OWN_NAME, transport });
  const close = async () => {
    await node.close();
    await transport.close();
  };
  return { node, close };
}
