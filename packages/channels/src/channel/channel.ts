import { type Clock, checkOptions, Emitter, Eventful, type EventTable } from "@groupcast/base";
import { CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";
import type { ChannelTransport } from "../contract/channel-transport.js";
import { Fragmenter } from "../fragments/fragmenter.js";
import { Reassembler } from "../fragments/reassembler.js";
import type { RecentTable } from "../order/recent-table.js";
import { SequenceTracker, type SourceState } from "../order/sequence-tracker.js";
import { Opener } from "../seal/opener.js";
import { SEAL_OVERHEAD_BYTES } from "../seal/sealed-packet.js";
import { Sealer } from "../seal/sealer.js";
import { type ChannelMessage, type ChannelStatistics, zeroChannelStatistics } from "./channel-message.js";
import type { ResolvedChannelOptions } from "./channel-options.js";
import { IncomingMessages } from "./incoming-messages.js";
import { MessageStream, type StreamOptions } from "./message-stream.js";
import { OutgoingMessages } from "./outgoing-messages.js";
import { type SubscribeOptions, type Subscriber, Subscription } from "./subscription.js";
import type { TurnClock } from "./turn-clock.js";

/** What a channel needs of its node. */
export interface ChannelOwner {
  readonly transport: ChannelTransport;
  readonly clock: Clock;
  readonly turnClock: TurnClock;
  readonly sources: RecentTable<SourceState>;
  /** Whether it is published or subscribed has changed. */
  usageChanged(): void;
  report(error: unknown): void;
}

/** Events of a channel. */
export type ChannelEvents = {
  /** A message did not decode, or did not fit the schema; subscribers do not see it. */
  undecodable: (failure: UndecodableMessage) => void;
};

const EVENTS: EventTable<ChannelEvents> = { undecodable: "the codec refused a message" };

/** A message that the codec of its channel refused. */
export interface UndecodableMessage {
  /** The bytes as they arrived. */
  readonly data: Buffer;
  /** What is known about the message besides its bytes. */
  readonly message: ChannelMessage;
  /** What the codec threw. */
  readonly error: unknown;
}

/**
 * A named stream of messages, from whoever publishes to whoever subscribes. Made by `node.channel(name)`.
 *
 * Like UDP, it delivers at most once: messages may be lost, repeated or late, and each says so itself.
 */
export class Channel<In = Uint8Array, Out = Buffer> extends Eventful<ChannelEvents> implements AsyncIterable<[Out, ChannelMessage]> {
  readonly #emitter: Emitter<ChannelEvents>;
  readonly name: string;
  readonly #owner: ChannelOwner;
  readonly #options: ResolvedChannelOptions<In, Out>;
  readonly #statistics: ChannelStatistics = zeroChannelStatistics();
  readonly #incoming: IncomingMessages;
  readonly #reassembler: Reassembler | undefined;
  readonly #streams = new Set<MessageStream<Out>>();
  #subscriptions: readonly Subscription<Out>[] = [];
  #outgoing: OutgoingMessages | undefined;
  #isClosed = false;

  /** Not for users: nodes make channels. */
  constructor(name: string, owner: ChannelOwner, options: ResolvedChannelOptions<In, Out>) {
    const emitter = new Emitter<ChannelEvents>(EVENTS);
    super(emitter);
    emitter.listenerThrew = (error) => owner.report(error);
    this.#emitter = emitter;
    this.name = name;
    this.#owner = owner;
    this.#options = options;
    const statistics = this.#statistics;
    this.#reassembler = options.isFragmented ? new Reassembler(owner.clock, statistics) : undefined;
    this.#incoming = new IncomingMessages({
      clock: owner.turnClock,
      statistics,
      tracker: new SequenceTracker(name, owner.sources),
      opener: options.ring && new Opener(name, options.ring, statistics),
      reassembler: this.#reassembler,
      deliver: (payload, message) => this.#deliver(payload, message),
    });
  }

  /** Whether anything has been published here. */
  get isPublished(): boolean {
    return this.#statistics.published > 0;
  }

  get isSubscribed(): boolean {
    return this.#subscriptions.length > 0;
  }

  /**
   * Publishes one message.
   *
   * @returns Whether it was taken; false when the way out was full, which is counted.
   * @throws InvalidArgumentError when the codec or the schema refuses the value. @throws ChannelLengthError `ERR_CHANNEL_MESSAGE_TOO_LONG`.
   * @throws ChannelStateError `ERR_NODE_CLOSED`.
   */
  publish(value: In): boolean {
    this.#checkOpen("publish");
    const bytes = this.#options.codec.encode(value);
    const wasPublished = this.isPublished;
    this.#outgoing ??= this.#openOutgoing();
    const isTaken = this.#outgoing.publish(bytes);
    if (isTaken && !wasPublished) this.#owner.usageChanged();
    return isTaken;
  }

  /**
   * Calls `subscriber` for each message. What it throws, or rejects with, becomes the node's `error` event; other subscribers do not notice.
   *
   * @throws ChannelStateError `ERR_NODE_CLOSED`. @throws MulticastJoinError `ERR_JOIN`.
   */
  subscribe(subscriber: Subscriber<Out>, options?: SubscribeOptions): Subscription<Out> {
    this.#checkOpen("subscribe");
    const subscription = new Subscription(subscriber, options, {
      ended: (ended) => this.#remove(ended),
      failed: (error) => {
        this.#statistics.failed++;
        this.#owner.report(error);
      },
    });
    if (!this.isSubscribed) this.#owner.transport.startReceiving(this.name, this.#incoming);
    this.#subscriptions = [...this.#subscriptions, subscription];
    if (this.#subscriptions.length === 1) this.#owner.usageChanged();
    return subscription;
  }

  /** The messages from here on, for `for await`. */
  messages(options: StreamOptions = {}): MessageStream<Out> {
    const { ordered = false } = checkOptions("messages", options, ["ordered", "capacity"]);
    const subscribe = (subscriber: Subscriber<Out>): Subscription<Out> => this.subscribe(subscriber, { ordered });
    const stream: MessageStream<Out> = new MessageStream(options, subscribe, (ended) => this.#streams.delete(ended));
    this.#streams.add(stream);
    return stream;
  }

  [Symbol.asyncIterator](): MessageStream<Out> {
    return this.messages();
  }

  statistics(): ChannelStatistics {
    return { ...this.#statistics };
  }

  /** Not for users: the node closes. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#streams) stream.end();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#outgoing?.close();
    this.#reassembler?.close();
  }

  #deliver(payload: Buffer, message: ChannelMessage): void {
    let value: Out;
    try {
      value = this.#options.codec.decode(payload);
    } catch (error) {
      this.#statistics.undecodable++;
      this.#emitter.emit("undecodable", { data: payload, message, error });
      return;
    }
    this.#statistics.received++;
    for (const subscription of this.#subscriptions) subscription.deliver(value, message);
  }

  #remove(subscription: Subscription<Out>): void {
    this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription);
    if (this.isSubscribed) return;
    this.#owner.transport.stopReceiving(this.name, this.#incoming);
    this.#owner.usageChanged();
  }

  #openOutgoing(): OutgoingMessages {
    const { transport, clock } = this.#owner;
    const { ring, isFragmented } = this.#options;
    const maxPayloadBytes = transport.maxPayloadBytes(this.name);
    const maxPartBytes = maxPayloadBytes - (ring === undefined ? 0 : SEAL_OVERHEAD_BYTES);
    const options = {
      channel: this.name,
      clock,
      statistics: this.#statistics,
      maxPartBytes,
      sealer: ring && new Sealer(this.name, ring),
      fragmenter: isFragmented ? new Fragmenter(maxPartBytes) : undefined,
      report: (error: unknown) => this.#owner.report(error),
    };
    return new OutgoingMessages(transport.openSender(this.name), options); // opened last
  }

  #checkOpen(operation: string): void {
    if (this.#isClosed) throw new ChannelStateError(CHANNEL_ERRORS.ERR_NODE_CLOSED, operation, { channel: this.name });
  }
}
