import type { ChannelNode } from "@groupcast/channels";
import type { ChannelPacket } from "./channel-packet.js";

/**
 * Names of the nodes that send on channels.
 *
 * No packet says which node it is of, and heartbeats come from another port. So there is a name only where there is no choice: a single
 * sender was heard on the channel, and a single node says that it publishes it.
 */
export class SenderNames {
  readonly #sources = new Map<string, string | undefined>(); // by channel; undefined: several

  /** Notes the sender of a packet. */
  note({ channel, source }: ChannelPacket): void {
    if (!this.#sources.has(channel)) this.#sources.set(channel, source);
    else if (this.#sources.get(channel) !== source) this.#sources.set(channel, undefined);
  }

  /** Returns the name of the node that sends on a channel; undefined: it is not certain. */
  nodeOf(channel: string, nodes: ChannelNode["nodes"]): string | undefined {
    if (this.#sources.get(channel) === undefined) return undefined;
    const publishers = nodes.filter(({ channels }) => channels.some(({ name, isPublished }) => isPublished && name === channel));
    return publishers.length === 1 ? publishers[0]!.name : undefined;
  }
}
