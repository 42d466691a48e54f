import { Emitter, Eventful, type EventTable } from "@groupcast/base";
import type {
  ChannelMessage,
  ChannelNode,
  ChannelReceiver,
  ChannelSender,
  ChannelTransport,
  SealOptions,
  TransportEvents,
  TransportStatistics,
} from "@groupcast/channels";
import type { Reactor } from "groupcast";
import { type ChannelsModule, loadChannels } from "../channel-network/load-channels.js";
import type { ChannelPacket } from "./channel-packet.js";

/** Takes a message: its bytes, and its place in the order of its sender. It is called from within {@link MessageDecoder.take}. */
export type TakeMessage = (data: Buffer, message: ChannelMessage) => void;

/** Packets that made no message. */
export interface UndecodedPackets {
  /** Packets that the key did not open. */
  readonly unopened: number;
  /** Sealed packets that had come before. */
  readonly replayed: number;
  /** Packets that were sealed longer ago than a minute, or further in the future, by this host's clock. */
  readonly stale: number;
  /** Fragments that fit no message, and messages given up as fragments were missing. */
  readonly incomplete: number;
}

/** Makes messages of packets: opens seals, puts fragments together, and finds gaps, as a node does that subscribes. */
export class MessageDecoder {
  readonly #tap: PacketTap;
  readonly #node: ChannelNode;
  readonly #seal: SealOptions | undefined;
  readonly #take: TakeMessage;

  private constructor(reactor: Reactor, { ChannelNode: Node }: ChannelsModule, seal: SealOptions | undefined, take: TakeMessage) {
    this.#tap = new PacketTap();
    this.#node = new Node(reactor, { name: "decoder", transport: this.#tap, heartbeatMs: 0 });
    this.#seal = seal;
    this.#take = take;
  }

  /** Makes a decoder. @param seal - Key of sealed channels. @throws (rejects) InvalidArgumentError for a key that is none. */
  static async open(reactor: Reactor, seal: SealOptions | undefined, take: TakeMessage): Promise<MessageDecoder> {
    return new MessageDecoder(reactor, await loadChannels(), seal, take);
  }

  /** Takes a packet, whose bytes are copied. */
  take(packet: ChannelPacket): void {
    const { channel } = packet;
    if (!this.#tap.receivers.has(channel)) {
      const options = this.#seal === undefined ? { fragment: true } : { fragment: true, seal: this.#seal };
      this.#node.channel(channel, options).subscribe(this.#take);
    }
    this.#tap.feed(packet);
  }

  /** Returns the number of packets that made no message so far. */
  undecoded(): UndecodedPackets {
    const counts = this.#node.channels.map((channel) => channel.statistics());
    const sum = (of: (count: (typeof counts)[number]) => number): number => counts.reduce((total, count) => total + of(count), 0);
    return {
      unopened: sum(({ unopened }) => unopened),
      replayed: sum(({ replayed }) => replayed),
      stale: sum(({ stale }) => stale),
      incomplete: sum(({ malformed, incomplete }) => malformed + incomplete),
    };
  }

  /** Gives up what is incomplete. */
  close(): Promise<void> {
    return this.#node.close();
  }
}

const EVENTS: EventTable<TransportEvents> = { connection: "never", error: "never" };
const NOTHING: TransportStatistics = { sent: 0, dropped: 0, unconfirmed: 0, received: 0, foreign: 0, malformed: 0 };

/** The network of a decoder: packets are put in by hand, and nothing is sent. */
class PacketTap extends Eventful<TransportEvents> implements ChannelTransport {
  readonly kind = "tap";
  readonly receivers = new Map<string, ChannelReceiver>();

  constructor() {
    super(new Emitter<TransportEvents>(EVENTS));
  }

  feed({ channel, source, sequence, payload }: ChannelPacket): void {
    this.receivers
      .get(channel)
      ?.packetReceived({ channel, source: { id: source }, sequence, payload: Buffer.from(payload), isRelayed: false });
  }

  maxPayloadBytes(): number {
    return 0;
  }

  openSender(): ChannelSender {
    return { send: () => false, close: () => {} };
  }

  startReceiving(channel: string, receiver: ChannelReceiver): void {
    this.receivers.set(channel, receiver);
  }

  stopReceiving(channel: string): void {
    this.receivers.delete(channel);
  }

  statistics(): TransportStatistics {
    return { ...NOTHING };
  }

  async close(): Promise<void> {}
}
