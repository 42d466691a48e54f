import { formatEndpoint } from "@groupcast/backend";
import type { ChannelTransport, ChannelReceiver as PacketReceiver } from "@groupcast/channels";
import type { DatagramBatch, Reactor } from "groupcast";
import { type ChannelNetworkSettings, DEFAULT_CHANNEL_PORT } from "../channel-network/channel-network.js";
import type { ChannelsModule } from "../channel-network/load-channels.js";
import { type Listener, openListeners } from "../listening/open-listeners.js";
import { readChannelPacket } from "../payload/channel-format.js";
import type { ChannelPacket } from "./channel-packet.js";

/** Receives the packets of channels. */
export interface ChannelReceiver {
  /** Receives a channel from now on. @throws what `listenMulticast` and `joinGroup` throw. */
  receive(channel: string): void;
  /** Number of packets that the kernel has lost, as its receive buffers were full. */
  readonly kernelDrops: number;
  /** Ends it. */
  close(): void;
}

/** Receiver of packets. */
export type TakePacket = (packet: ChannelPacket) => void;

/** Receives channels on UDP by ports of its own, one for each group, since those see the kernel's times and drops. */
export class UdpChannelReceiver implements ChannelReceiver {
  readonly #reactor: Reactor;
  readonly #groupOf: ChannelsModule["multicastGroupForChannel"];
  readonly #settings: ChannelNetworkSettings;
  readonly #take: TakePacket;
  readonly #listeners: Listener[] = [];

  constructor(reactor: Reactor, { multicastGroupForChannel }: ChannelsModule, settings: ChannelNetworkSettings, take: TakePacket) {
    this.#reactor = reactor;
    this.#groupOf = multicastGroupForChannel;
    this.#settings = settings;
    this.#take = take;
  }

  get kernelDrops(): number {
    return this.#listeners.reduce((sum, { port }) => sum + port.statistics().kernelDrops, 0);
  }

  receive(channel: string): void {
    const { port = DEFAULT_CHANNEL_PORT, interface: selector } = this.#settings;
    const target = { address: this.#groupOf(channel), port, channel };
    const protocol = { datagramsReceived: (batch: DatagramBatch) => this.#takeBatch(batch, channel), logPrefix: () => "channels" };
    this.#listeners.push(...openListeners(this.#reactor, [target], { interface: selector }, () => protocol));
  }

  close(): void {
    for (const { port } of this.#listeners) port.stopNow();
  }

  #takeBatch(batch: DatagramBatch, channel: string): void {
    for (let index = 0; index < batch.length; index++) {
      const bytes = batch.view(index);
      const fields = readChannelPacket(bytes);
      if (fields?.channel !== channel) continue; // another channel on the same group, or no packet at all
      const { sequence, payloadBytes } = fields;
      const payload = bytes.subarray(bytes.length - payloadBytes);
      const kernelNs = batch.arrival(index).timestampNs;
      this.#take({ channel, source: formatEndpoint(batch.from(index)), sequence, payload, kernelNs });
    }
  }
}

/** Receives channels by a transport, such as a connection to a broker. */
export class BrokerChannelReceiver implements ChannelReceiver {
  readonly #broker: ChannelTransport;
  readonly #receiver: PacketReceiver;
  readonly #channels: string[] = [];

  constructor(broker: ChannelTransport, take: TakePacket) {
    this.#broker = broker;
    this.#receiver = {
      packetReceived: ({ channel, source, sequence, payload }) =>
        take({ channel, source: source.id, sequence, payload, kernelNs: undefined }),
    };
  }

  get kernelDrops(): number {
    const statistics: object = this.#broker.statistics();
    // TCP loses nothing: a slow reader slows the server down.
    return "kernelDrops" in statistics ? Number(statistics.kernelDrops) : 0;
  }

  receive(channel: string): void {
    this.#broker.startReceiving(channel, this.#receiver);
    this.#channels.push(channel);
  }

  close(): void {
    for (const channel of this.#channels) this.#broker.stopReceiving(channel, this.#receiver);
  }
}
