// A stranger on a network in memory, without any key: hears the packets of a channel, and sends them again.
import type { Channel, ChannelNode } from "@groupcast/channels";

export class Wiretap {
  /** Sealed packets as they came, the oldest first. */
  readonly packets: Buffer[] = [];
  readonly #channel: Channel;

  constructor(node: ChannelNode, channel: string) {
    this.#channel = node.channel(channel);
    this.#channel.subscribe((data) => void this.packets.push(Buffer.from(data)));
  }

  /** Sends packets as they are. */
  replay(packets: readonly Buffer[]): void {
    for (const packet of packets) this.#channel.publish(packet);
  }
}
