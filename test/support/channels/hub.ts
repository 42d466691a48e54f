// A network that carries channels with envelopes, as NATS does, in one process: for tests of relays.
import type {
  ChannelReceiver,
  ChannelSender,
  ChannelTransport,
  ReceivedPacket,
  RelayEnvelope,
  TransportStatistics,
} from "@groupcast/channels";
import { ChannelPattern } from "../../../packages/channels/src/relay/channel-pattern.js";

/** Hands packets from one hub to its transports, one after another, when it is told to. */
export class HubClock {
  readonly #waiting: (() => void)[] = [];
  delivered = 0;

  later(deliver: () => void): void {
    this.#waiting.push(deliver);
  }

  /** Delivers all that is on the way, and all that this sets off. @throws Error when it does not end. */
  run(limit = 100_000): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (this.delivered++ > limit) throw new Error(`${limit} packets, and no end`);
      next();
    }
  }
}

export class Hub {
  readonly #clock: HubClock;
  readonly #transports: HubTransport[] = [];
  #senders = 0;
  packets = 0;

  constructor(clock: HubClock) {
    this.#clock = clock;
  }

  transport(): HubTransport {
    const transport = new HubTransport(this);
    this.#transports.push(transport);
    return transport;
  }

  nextSource(): string {
    return (this.#senders++).toString(16).padStart(16, "0");
  }

  send(packet: ReceivedPacket): void {
    this.packets++;
    for (const transport of this.#transports) this.#clock.later(() => transport.take(packet));
  }
}

export class HubTransport implements ChannelTransport {
  readonly kind = "hub";
  readonly #hub: Hub;
  readonly #receivers = new Map<string, Set<ChannelReceiver>>();
  openSenders = 0;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  maxPayloadBytes(): number {
    return 1000;
  }

  openSender(channel: string): ChannelSender {
    const source = Object.freeze({ id: this.#hub.nextSource() });
    let count = 0;
    const send = (payload: Uint8Array, envelope?: RelayEnvelope): boolean => {
      const packet = { channel, payload: Buffer.from(payload), isRelayed: envelope !== undefined, ...(envelope && { envelope }) };
      this.#hub.send({ ...packet, source: envelope ? { id: envelope.source } : source, sequence: envelope?.sequence ?? count++ });
      return true;
    };
    this.openSenders++;
    return { send, close: () => void this.openSenders-- };
  }

  startReceiving(channel: string, receiver: ChannelReceiver): void {
    this.#receivers.set(channel, (this.#receivers.get(channel) ?? new Set()).add(receiver));
  }

  stopReceiving(channel: string, receiver: ChannelReceiver): void {
    this.#receivers.get(channel)?.delete(receiver);
  }

  /** Channels and patterns that somebody receives. */
  get received(): string[] {
    return [...this.#receivers].filter(([, receivers]) => receivers.size > 0).map(([channel]) => channel);
  }

  startReceivingPattern(pattern: string, receiver: ChannelReceiver): void {
    this.startReceiving(pattern, receiver);
  }

  stopReceivingPattern(pattern: string, receiver: ChannelReceiver): void {
    this.stopReceiving(pattern, receiver);
  }

  take(packet: ReceivedPacket): void {
    for (const [pattern, receivers] of this.#receivers) {
      if (new ChannelPattern("take", pattern).matches(packet.channel)) for (const receiver of receivers) receiver.packetReceived(packet);
    }
  }

  statistics(): TransportStatistics {
    return { sent: 0, dropped: 0, unconfirmed: 0, received: 0, foreign: 0, malformed: 0 };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  on(): this {
    return this;
  }

  once(): this {
    return this;
  }

  off(): this {
    return this;
  }

  removeListener(): this {
    return this;
  }
}
