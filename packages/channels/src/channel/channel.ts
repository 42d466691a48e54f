import { type Clock, callGuarded, checkOptions, Emitter, Eventful, type EventTable, watchRejection } from "@groupcast/base";
import { CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";
import type { ChannelTransport } from "../contract/channel-transport.js";
import { Fragmenter } from "../fragments/fragmenter.js";
import { Reassembler } from "../fragments/reassembler.js";
import type { ReassemblyMemory } from "../fragments/reassembly-memory.js";
import type { RecentTable } from "../order/recent-table.js";
import { SealedOrder } from "../order/sealed-order.js";
import { SequenceTracker, type SourceState } from "../order/sequence-tracker.js";
import { type ChannelSeal, SealedChannel, type WornKey } from "../seal/channel-seal.js";
import { maxPuliPayloadBytes } from "../udp/puli-datagram.js";
import { type ChannelMessage, type ChannelStatistics, zeroChannelStatistics } from "./channel-message.js";
import type { ResolvedChannelOptions } from "./channel-options.js";
import { IncomingMessages } from "./incoming-messages.js";
import { MessageQueue, type MessageStream, type StreamOptions } from "./message-stream.js";
import { OutgoingMessages } from "./outgoing-messages.js";
import { ChannelSubscription, type SubscribeOptions, type Subscriber, type Subscription } from "./subscription.js";
import type { TurnClock } from "./turn-clock.js";
import type { WaitingRoom } from "./waiting-room.js";

/** The part of a node that its channels use. */
export interface ChannelOwner {
  readonly transport: ChannelTransport;
  readonly clock: Clock;
  readonly turnClock: TurnClock;
  /** Sources of all channels of the node. */
  readonly sources: RecentTable<SourceState>;
  /** Incomplete messages of all channels of the node. */
  readonly reassemblyMemory: ReassemblyMemory;
  /** Packets of all channels of the node that wait behind long messages. */
  readonly waitingRoom: WaitingRoom;
  /** Announces that a channel is published or subscribed for the first time, or no longer subscribed. */
  usageChanged(): void;
  /** Reports an error that no call can throw. */
  report(error: unknown): void;
}

/** Events of a channel. */
export type ChannelEvents = {
  /** A message did not decode, or did not fit the schema. No subscriber gets it. */
  undecodable: (failure: UndecodableMessage) => void;
  /** A key of a sealed channel has met 2 ** 36 forged packets: rotate it. Again after each 2 ** 36. The channel goes on. */
  keyWorn: (worn: WornKey) => void;
};

const EVENTS: EventTable<ChannelEvents> = {
  undecodable: "the codec refused a message",
  keyWorn: "a key has reached the limit on forgeries",
};

/** A message that the codec or the schema of its channel refused. */
export interface UndecodableMessage {
  /** The bytes as they arrived. */
  readonly data: Buffer;
  /** Facts about the message besides its bytes. */
  readonly message: ChannelMessage;
  /** The error of the codec, or a {@link SchemaMismatchError}. */
  readonly error: unknown;
}

/** Makes a channel of a node. */
export let makeChannel: <In, Out>(name: string, owner: ChannelOwner, options: ResolvedChannelOptions<In, Out>) => Channel<In, Out>;

/** Closes a channel, as its node closes. */
export let closeChannel: (channel: Channel<never, unknown>) => void;

/**
 * A named stream of messages, from all publishers to all subscribers. `node.channel(name)` makes it.
 *
 * Like UDP it delivers at most once. Messages may be lost, repeated or late; the `lead` of each message shows which.
 */
export class Channel<In = Uint8Array, Out = Buffer> extends Eventful<ChannelEvents> implements AsyncIterable<[Out, ChannelMessage]> {
  static {
    // Nodes make and close channels, users do neither; so these two are no members that users see.
    makeChannel = (name, owner, options) => new Channel(name, owner, options);
    closeChannel = (channel) => channel.#close();
  }
  readonly #emitter: Emitter<ChannelEvents>;
  /** Full name, without a leading slash. */
  readonly name: string;
  /** The seal of a sealed channel, by which its keys are rotated; `undefined` on other channels. */
  readonly seal: ChannelSeal | undefined;
  readonly #seal: SealedChannel | undefined;
  readonly #owner: ChannelOwner;
  readonly #options: ResolvedChannelOptions<In, Out>;
  readonly #statistics: ChannelStatistics = zeroChannelStatistics();
  readonly #incoming: IncomingMessages;
  readonly #reassembler: Reassembler | undefined;
  readonly #queues = new Set<MessageQueue<Out>>();
  #subscriptions: readonly ChannelSubscription<Out>[] = [];
  #outgoing: OutgoingMessages | undefined;
  #lengthBytes = 0; // of the message that is being delivered
  #isClosed = false;

  private constructor(name: string, owner: ChannelOwner, options: ResolvedChannelOptions<In, Out>) {
    const emitter = new Emitter<ChannelEvents>(EVENTS);
    super(emitter);
    emitter.listenerThrew = (error) => owner.report(error);
    this.#emitter = emitter;
    this.name = name;
    this.#owner = owner;
    this.#options = options;
    const statistics = this.#statistics;
    this.#seal = options.seal && new SealedChannel(name, options.seal, statistics, (worn) => this.#emitter.emit("keyWorn", worn));
    this.seal = this.#seal;
    this.#reassembler = options.isFragmented ? new Reassembler(name, owner.reassemblyMemory, statistics) : undefined;
    this.#incoming = new IncomingMessages({
      clock: owner.turnClock,
      statistics,
      tracker: options.seal ? new SealedOrder() : new SequenceTracker(name, owner.sources, options.isFragmented),
      seal: this.#seal,
      reassembler: this.#reassembler,
      deliver: (payload, message) => this.#deliver(payload, message),
    });
  }

  /** Whether this node has published on it. */
  get isPublished(): boolean {
    return this.#statistics.published > 0;
  }

  /** Whether it has a subscriber on this node. */
  get isSubscribed(): boolean {
    return this.#subscriptions.length > 0;
  }

  /**
   * Publishes one message.
   *
   * @param value - The codec turns it into bytes at once; later changes do not matter.
   * @returns Whether the transport took it; false is counted as dropped.
   * @throws InvalidArgumentError when the codec or the schema refuses the value. @throws ChannelLengthError `ERR_CHANNEL_MESSAGE_TOO_LONG`.
   * @throws ChannelStateError `ERR_NODE_CLOSED`. @throws CannotListenError when the first message finds no free port (UDP).
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
   * Calls `subscriber` for each message. If it throws or rejects, the node emits `error`; other subscribers get the message all the same.
   *
   * @throws InvalidArgumentError for a subscriber or an option that is wrong. @throws ChannelStateError `ERR_NODE_CLOSED`.
   * @throws CannotListenError `ERR_LISTEN`, MulticastJoinError `ERR_JOIN` (UDP). After an error the channel is not subscribed.
   */
  subscribe(subscriber: Subscriber<Out>, options?: SubscribeOptions): Subscription {
    this.#checkOpen("subscribe");
    const subscription = new ChannelSubscription<Out>(subscriber, options, {
      unsubscribed: (gone) => this.#remove(gone),
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

  /**
   * Subscribes, and returns the messages from now on for `for await`. Leaving the loop unsubscribes.
   *
   * @throws The errors of {@link Channel.subscribe}.
   */
  messages(options: StreamOptions = {}): MessageStream<Out> {
    const { ordered = false } = checkOptions("messages", options, ["ordered", "capacity"]);
    const queue = new MessageQueue<Out>(options, {
      lengthBytes: () => this.#lengthBytes,
      queueClosed: (closed) => this.#queues.delete(closed),
    });
    queue.start((subscriber) => this.subscribe(subscriber, { ordered }));
    this.#queues.add(queue);
    return queue;
  }

  /** Subscribes with default options: `for await (const [data, message] of channel)`. */
  [Symbol.asyncIterator](): MessageStream<Out> {
    return this.messages();
  }

  /** Returns the counters as they are now. */
  statistics(): ChannelStatistics {
    return { ...this.#statistics };
  }

  #close(): void {
    this.#isClosed = true;
    for (const queue of this.#queues) queue.close();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    callGuarded(() => this.#outgoing?.close(), this.#owner.report);
    this.#reassembler?.close();
  }

  #deliver(payload: Buffer, message: ChannelMessage): void {
    let value: Out;
    try {
      value = this.#options.codec.decode(payload);
      watchRejection(value, this.#owner.report); // of a codec that is async by mistake: nobody else may look at it
    } catch (error) {
      this.#statistics.undecodable++;
      this.#emitter.emit("undecodable", { data: payload, message, error });
      return;
    }
    this.#statistics.received++;
    this.#lengthBytes = payload.length;
    for (const subscription of this.#subscriptions) subscription.deliver(value, message);
  }

  #remove(subscription: ChannelSubscription<Out>): void {
    this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription);
    if (this.isSubscribed) return;
    const { transport, report } = this.#owner;
    callGuarded(() => transport.stopReceiving(this.name, this.#incoming), report);
    this.#owner.usageChanged();
  }

  #openOutgoing(): OutgoingMessages {
    const { transport, clock, waitingRoom } = this.#owner;
    const { isFragmented } = this.#options;
    // A relay passes packets on as they are, so those of a channel with fragments are no longer than UDP carries.
    const overheadBytes = this.#seal?.overheadBytes ?? 0;
    const portableBytes = isFragmented ? maxPuliPayloadBytes(this.name) : Number.POSITIVE_INFINITY;
    const options = {
      channel: this.name,
      clock,
      statistics: this.#statistics,
      maxPartBytes: () => Math.min(transport.maxPayloadBytes(this.name), portableBytes) - overheadBytes,
      seal: this.#seal,
      fragmenter: isFragmented ? new Fragmenter() : undefined,
      waitingRoom,
      report: (error: unknown) => this.#owner.report(error),
    };
    return new OutgoingMessages(transport.openSender(this.name), options); // opened last
  }

  #checkOpen(operation: string): void {
    if (this.#isClosed) throw new ChannelStateError(CHANNEL_ERRORS.ERR_NODE_CLOSED, operation, { channel: this.name });
  }
}
