// Two networks in one process, with an attacker between them who withholds, repeats and forges packets.
import { ChannelNode, type ChannelOptions, type NodeOptions, type ReceivedPacket } from "@groupcast/channels";
import { Hub, HubClock, type HubTransport } from "./hub.js";
import { MemorySite } from "./memory-site.js";

/** A publisher whose packets arrive nowhere, and a node that gets what the attacker gives it. */
export class TappedHubs {
  readonly site = new MemorySite();
  readonly clock = new HubClock();
  readonly near = new Hub(this.clock);
  readonly far = new Hub(this.clock);

  /** Publishes `texts`, each as one packet, and takes them off the wire. */
  publish(channel: string, texts: readonly string[], options: ChannelOptions = {}): readonly ReceivedPacket[] {
    const tap = this.near.transport();
    const taken: ReceivedPacket[] = [];
    tap.startReceiving(channel, { packetReceived: (packet) => void taken.push(packet) });
    const publisher = this.node("publisher", this.near.transport()).channel(channel, options as { codec: "bytes" });
    for (const text of texts) publisher.publish(Buffer.from(text));
    this.clock.run();
    return taken;
  }

  /** A node on a hub. */
  node(name: string, transport: HubTransport, options: Partial<NodeOptions> = {}): ChannelNode {
    return new ChannelNode(this.site.reactor(name), { name, heartbeatMs: 0, transport, logger: this.site.log, ...options });
  }

  /** Gives packets to the far network. */
  give(...packets: readonly ReceivedPacket[]): void {
    for (const packet of packets) this.far.send(packet);
    this.clock.run();
  }

  /** Lets time pass on both. */
  async pass(ms: number): Promise<void> {
    await this.site.network.clock.advance(ms);
    this.clock.run();
  }
}
