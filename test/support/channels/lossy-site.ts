// Hosts in memory with reliable channels on them, on a network that loses, repeats and reorders datagrams as its seed says.
import { type LinkOptions, MemoryNetwork } from "@groupcast/backend-memory";
import {
  type Channel,
  type ChannelMessage,
  ChannelNode,
  type ChannelOptions,
  type LostPackets,
  type NodeOptions,
} from "@groupcast/channels";
import { Reactor } from "groupcast";
import { KeptLog } from "./memory-site.js";

const TURN_MESSAGES = 20; // messages of a millisecond
const LARGE_BUFFER_BYTES = 212_992; // of the kernel in memory

/** A subscriber that keeps what it gets. */
export class Reader {
  readonly channel: Channel;
  readonly texts: string[] = [];
  readonly messages: ChannelMessage[] = [];
  readonly losses: LostPackets[] = [];

  constructor(channel: Channel) {
    this.channel = channel;
    channel.on("lost", (lost) => void this.losses.push(lost));
    channel.subscribe((data, message) => {
      this.texts.push(data.toString());
      this.messages.push(message);
    });
  }

  /** The texts as numbers. */
  get numbers(): number[] {
    return this.texts.map(Number);
  }

  get counters() {
    return this.channel.statistics().reliable!.receiver;
  }
}

export class LossySite {
  readonly network: MemoryNetwork;
  readonly log = new KeptLog();

  constructor(seed = 1, link: LinkOptions = {}) {
    this.network = new MemoryNetwork({ seed, link, trace: true });
  }

  /** A node on a host of its own; without heartbeats, unless they are asked for. */
  node(name: string, options: Partial<NodeOptions> = {}): ChannelNode {
    return this.nodeOn(new Reactor({ backend: this.network.host(name), clock: this.network.clock }), name, options);
  }

  /** A node on a reactor of this site's. */
  nodeOn(reactor: Reactor, name: string, options: Partial<NodeOptions> = {}): ChannelNode {
    return new ChannelNode(reactor, { name, heartbeatMs: 0, ttl: 1, logger: this.log, receiveBufferBytes: LARGE_BUFFER_BYTES, ...options });
  }

  /** Opens the channel "c" of bytes. */
  open(node: ChannelNode, options: ChannelOptions = { reliable: true }): Channel {
    return node.channel("c", options as { codec: "bytes" });
  }

  /** Subscribes on a new node, and lets it join. */
  async reader(name: string, options?: ChannelOptions, nodeOptions?: Partial<NodeOptions>): Promise<Reader> {
    const reader = new Reader(this.open(this.node(name, nodeOptions), options));
    await this.pass(5);
    return reader;
  }

  /** Publishes the numbers from `first` on as text, some each millisecond. */
  async publish(channel: Channel, count: number, first = 0): Promise<void> {
    for (let i = first; i < first + count; i++) {
      channel.publish(Buffer.from(`${i}`));
      if (i % TURN_MESSAGES === TURN_MESSAGES - 1) await this.pass(1);
    }
  }

  /** Cuts a host off, or connects it again. */
  cut(name: string, isCut: boolean): void {
    this.network.host(name).setLink("eth0", { loss: isCut ? 1 : 0 });
  }

  pass(ms: number): Promise<void> {
    return this.network.clock.advance(ms);
  }
}

/** The numbers from 0, or from `first`, on. */
export function countTo(end: number, first = 0): number[] {
  return Array.from({ length: end - first }, (_, index) => first + index);
}
