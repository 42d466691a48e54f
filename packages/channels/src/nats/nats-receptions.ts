import { callGuarded } from "@groupcast/base";
import type { Msg, NatsConnection, Subscription } from "@nats-io/transport-node";
import type { ChannelReceiver, ReceivedPacket, TransportStatistics } from "../contract/channel-transport.js";
import { NatsPackets } from "./nats-packets.js";
import { channelForSubject, subjectForChannel, subjectForPattern } from "./nats-subject.js";

interface Reception {
  subscription: Subscription | undefined; // undefined: the server refused it
  readonly receivers: Set<ChannelReceiver>;
  readonly channel: string | undefined; // undefined for a pattern: each message has its own
}

/** The subscriptions of a connection: one for each channel or pattern, with its receivers. An add that throws changes nothing. */
export class NatsReceptions {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #statistics: TransportStatistics;
  readonly #failed: (error: unknown) => void;
  readonly #packets = new NatsPackets();
  readonly #receptions = new Map<string, Reception>(); // by subject

  constructor(connection: NatsConnection, prefix: string, statistics: TransportStatistics, failed: (error: unknown) => void) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#statistics = statistics;
    this.#failed = failed;
  }

  /** Adds a receiver of a channel. */
  addChannel(channel: string, receiver: ChannelReceiver): void {
    this.#add(subjectForChannel(this.#prefix, channel), channel, receiver);
  }

  /** Removes a receiver of a channel. */
  removeChannel(channel: string, receiver: ChannelReceiver): void {
    this.#remove(subjectForChannel(this.#prefix, channel), receiver);
  }

  /** Adds a receiver of all channels that match. */
  addPattern(pattern: string, receiver: ChannelReceiver): void {
    this.#add(subjectForPattern(this.#prefix, pattern), undefined, receiver);
  }

  /** Removes a receiver of all channels that match. */
  removePattern(pattern: string, receiver: ChannelReceiver): void {
    this.#remove(subjectForPattern(this.#prefix, pattern), receiver);
  }

  /** Asks again for what a server refused: this may be another server, or permit more than before. The client asks for the rest itself. */
  connected(): void {
    for (const [subject, reception] of this.#receptions) {
      callGuarded(() => {
        reception.subscription ??= this.#subscribe(subject);
      }, this.#failed);
    }
  }

  /** Removes every receiver; the connection is about to close. */
  clear(): void {
    this.#receptions.clear();
  }

  #add(subject: string, channel: string | undefined, receiver: ChannelReceiver): void {
    const reception = this.#receptions.get(subject) ?? { subscription: undefined, receivers: new Set(), channel };
    reception.subscription ??= this.#subscribe(subject);
    reception.receivers.add(receiver);
    this.#receptions.set(subject, reception);
  }

  #subscribe(subject: string): Subscription {
    return this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) this.#take(subject, message);
        else this.#refused(subject);
      },
    });
  }

  /** The server does not permit a subject. The connection's status reports it. The client has closed the subscription. */
  #refused(subject: string): void {
    const reception = this.#receptions.get(subject);
    if (reception !== undefined) reception.subscription = undefined;
  }

  #remove(subject: string, receiver: ChannelReceiver): void {
    const known = this.#receptions.get(subject);
    if (known === undefined || !known.receivers.delete(receiver) || known.receivers.size > 0) return;
    this.#receptions.delete(subject);
    if (known.subscription?.isClosed() === false) known.subscription.unsubscribe();
  }

  /** Takes a message. It must not throw, or the client would stop reading. */
  #take(subscribed: string, message: Msg): void {
    try {
      const reception = this.#receptions.get(subscribed);
      if (reception === undefined) {
        this.#statistics.foreign++; // it was in flight when the last receiver left
        return;
      }
      const packet = this.#packets.packetOf(message, reception.channel ?? channelForSubject(this.#prefix, message.subject));
      this.#statistics[packet === undefined ? "malformed" : "received"]++;
      if (packet !== undefined) for (const receiver of reception.receivers) this.#give(receiver, packet);
    } catch (error) {
      this.#failed(error);
    }
  }

  #give(receiver: ChannelReceiver, packet: ReceivedPacket): void {
    callGuarded(() => receiver.packetReceived(packet), this.#failed);
  }
}
