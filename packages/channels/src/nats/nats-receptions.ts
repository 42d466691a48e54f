import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import type { ChannelReceiver, ChannelSource, ReceivedPacket, TransportStatistics } from "../contract/channel-transport.js";
import { RecentTable } from "../order/recent-table.js";
import { decodeNatsHeader } from "./nats-header.js";
import { channelForSubject, subjectForChannel, subjectForPattern } from "./nats-subject.js";

const MAX_SOURCES = 4096; // objects that are kept to be the same for all packets of a sender
const UNKNOWN: ChannelSource = Object.freeze({ id: "unknown" }); // a program that says nothing of itself

interface Reception {
  readonly subscription: Subscription;
  readonly receivers: Set<ChannelReceiver>;
  readonly channel: string | undefined; // undefined: a pattern, and each message tells
}

/** The subscriptions of a connection: one for each channel or pattern, with its receivers. */
export class NatsReceptions {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #statistics: TransportStatistics;
  readonly #failed: (error: unknown) => void;
  readonly #receptions = new Map<string, Reception>(); // by subject
  readonly #sources = new RecentTable<ChannelSource>(MAX_SOURCES);

  constructor(connection: NatsConnection, prefix: string, statistics: TransportStatistics, failed: (error: unknown) => void) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#statistics = statistics;
    this.#failed = failed;
  }

  addChannel(channel: string, receiver: ChannelReceiver): void {
    this.#add(subjectForChannel(this.#prefix, channel), channel, receiver);
  }

  removeChannel(channel: string, receiver: ChannelReceiver): void {
    this.#remove(subjectForChannel(this.#prefix, channel), receiver);
  }

  addPattern(pattern: string, receiver: ChannelReceiver): void {
    this.#add(subjectForPattern(this.#prefix, pattern), undefined, receiver);
  }

  removePattern(pattern: string, receiver: ChannelReceiver): void {
    this.#remove(subjectForPattern(this.#prefix, pattern), receiver);
  }

  clear(): void {
    this.#receptions.clear();
  }

  #add(subject: string, channel: string | undefined, receiver: ChannelReceiver): void {
    const known = this.#receptions.get(subject);
    if (known !== undefined) {
      known.receivers.add(receiver);
      return;
    }
    const receivers = new Set([receiver]);
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) this.#take(subject, message); // what is refused is told by the connection's status, too
      },
    });
    this.#receptions.set(subject, { subscription, receivers, channel });
  }

  #remove(subject: string, receiver: ChannelReceiver): void {
    const known = this.#receptions.get(subject);
    if (known === undefined || !known.receivers.delete(receiver) || known.receivers.size > 0) return;
    this.#receptions.delete(subject);
    if (!known.subscription.isClosed()) known.subscription.unsubscribe();
  }

  /** Must not throw: the client would stop reading. */
  #take(subscribed: string, message: Msg): void {
    try {
      const reception = this.#receptions.get(subscribed);
      if (reception === undefined) {
        this.#statistics.foreign++; // it was on its way when the last receiver left
        return;
      }
      const packet = this.#packetOf(message, reception.channel ?? channelForSubject(this.#prefix, message.subject));
      this.#statistics[packet === undefined ? "malformed" : "received"]++;
      if (packet !== undefined) for (const receiver of reception.receivers) receiver.packetReceived(packet);
    } catch (error) {
      this.#failed(error);
    }
  }

  #packetOf({ data, headers }: Msg, channel: string | undefined): ReceivedPacket | undefined {
    const origin = decodeNatsHeader(headers);
    if (channel === undefined || origin === "malformed") return undefined;
    const payload = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    if (origin === undefined) return { channel, source: UNKNOWN, sequence: undefined, payload, isRelayed: false };
    const { sequence, envelope } = origin;
    const source = this.#sources.use(origin.source, () => Object.freeze({ id: origin.source })).value;
    return envelope === undefined
      ? { channel, source, sequence, payload, isRelayed: false }
      : { channel, source, sequence, payload, isRelayed: true, envelope };
  }
}
