import { callGuarded, checkOptions, Emitter, watchRejection } from "@groupcast/base";
import { type ChannelLink, linkOf } from "../challenge/channel-link.js";
import { CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";
import { Closing } from "../contract/closing.js";
import { Reassembler } from "../fragments/reassembler.js";
import { SealedOrder } from "../order/sealed-order.js";
import { SequenceTracker } from "../order/sequence-tracker.js";
import type { UsageChange } from "../presence/node-directory.js";
import { hasRole, type RemoteNode } from "../presence/node-presence.js";
import { ReliableChannel } from "../reliable/reliable-channel.js";
import { type ChannelSeal, SealedChannel, type WornKey } from "../seal/channel-seal.js";
import { AskableChannel } from "./askable-channel.js";
import { CHANNEL_EVENTS, type ChannelEvents, type UndecodableMessage } from "./channel-events.js";
import { type ChannelCounters, type ChannelMessage, type ChannelStatistics, zeroChannelCounters } from "./channel-message.js";
import type { ResolvedChannelOptions } from "./channel-options.js";
import type { ChannelOwner } from "./channel-owner.js";
import { DeadlineWatch } from "./deadline-watch.js";
import { IncomingMessages } from "./incoming-messages.js";
import { LatencyHistogram } from "./latency-histogram.js";
import { MessageQueue, type MessageStream, type StreamOptions } from "./message-stream.js";
import { openOutgoing } from "./open-outgoing.js";
import type { OutgoingMessages } from "./outgoing-messages.js";
import type { ChannelQuestions, ChannelRefusal } from "./questions.js";
import { Reception } from "./reception.js";
import {
  ChannelSubscription,
  type SubscribeOptions,
  type Subscriber,
  type Subscription,
  type SubscriptionReports,
} from "./subscription.js";

/** Makes a channel of a node. */
export let makeChannel: <In, Out>(name: string, owner: ChannelOwner, options: ResolvedChannelOptions<In, Out>) => Channel<In, Out>;

/** Closes a channel, as its node closes. */
export let closeChannel: (channel: Channel<never, unknown>) => Promise<void>;

/** Returns whether a channel may take a while to close, because it still repeats packets that others miss. */
export let mayLinger: (channel: Channel<never, unknown>) => boolean;

/** Returns the seal of a channel. */
export let sealOf: <In, Out>(channel: Channel<In, Out>) => SealedChannel | undefined;

/** Emits the events of a change of another node on a channel. */
export let peerChanged: (channel: Channel<never, unknown>, change: UsageChange) => void;

const ROLES = ["publisher", "subscriber"] as const;

/**
 * A named stream of messages, from all publishers to all subscribers. `node.channel(name)` makes it.
 *
 * Like UDP it delivers at most once. Messages may be lost, repeated or late; the `lead` of each message shows which.
 */
export class Channel<In = Uint8Array, Out = Buffer> extends AskableChannel<In, Out> implements AsyncIterable<[Out, ChannelMessage]> {
  static {
    // Nodes call these, users do not; so they are no members that users see.
    makeChannel = (name, owner, options) => new Channel(name, owner, options);
    closeChannel = (channel) => channel.#close(CHANNEL_ERRORS.ERR_NODE_CLOSED);
    mayLinger = (channel) => channel.isPublished && (channel.#reliable?.lingerMs ?? 0) > 0;
    sealOf = (channel) => channel.#seal;
    peerChanged = (channel, change) => channel.#peerChanged(change);
  }
  static readonly #reports: SubscriptionReports<Channel<never, unknown>> = {
    unsubscribed: (channel, gone) => channel.#remove(gone),
    discarded: (channel) => void channel.#statistics.discarded++,
    lengthBytes: (channel) => channel.#lengthBytes,
    failed: (channel, error) => {
      channel.#statistics.failed++;
      channel.#owner.report(error);
    },
  };
  readonly #emitter: Emitter<ChannelEvents>;
  /** Full name, without a leading slash. */
  readonly name: string;
  /** The seal of a sealed channel, which rotates its keys; `undefined` on other channels. */
  readonly seal: ChannelSeal | undefined;
  readonly #seal: SealedChannel | undefined;
  readonly #link: ChannelLink;
  readonly #reliable: ReliableChannel | undefined;
  readonly #owner: ChannelOwner;
  readonly #options: ResolvedChannelOptions<In, Out>;
  readonly #statistics: ChannelCounters;
  readonly #latency: LatencyHistogram | undefined; // of a sealed channel: other messages have no sentAt
  readonly #deadline: DeadlineWatch | undefined;
  readonly #incoming: IncomingMessages;
  readonly #reception: Reception;
  readonly #undecodable: (failure: UndecodableMessage) => void;
  readonly #questions: ChannelQuestions<In, Out>;
  #queues: Set<MessageQueue<Out>> | undefined;
  #subscriptions: readonly ChannelSubscription<Out, Channel<never, unknown>>[] = [];
  #outgoing: OutgoingMessages | undefined;
  #lengthBytes = 0; // of the message that is being delivered
  #refusal: ChannelRefusal | undefined; // once it is closed
  readonly #closing = new Closing();

  private constructor(name: string, owner: ChannelOwner, options: ResolvedChannelOptions<In, Out>) {
    const emitter = new Emitter<ChannelEvents>(CHANNEL_EVENTS);
    const statistics = zeroChannelCounters();
    const keyWorn = (worn: WornKey): void => void emitter.emit("keyWorn", worn);
    const seal = options.seal && new SealedChannel(name, options.seal, statistics, keyWorn);
    const undecodable = (failure: UndecodableMessage): void => {
      statistics.undecodable++;
      emitter.emit("undecodable", failure);
    };
    const questions = owner.questionsOf({ name, codec: options.codec, isFragmented: options.isFragmented, seal, undecodable, keyWorn });
    super(emitter, questions);
    emitter.listenerThrew = owner.report;
    this.#statistics = statistics;
    this.#questions = questions;
    this.#undecodable = undecodable;
    this.#emitter = emitter;
    this.name = name;
    this.#owner = owner;
    this.#options = options;
    this.#seal = seal;
    seal?.open(owner.closedSeals);
    this.#link = linkOf(name, seal, owner);
    this.seal = seal;
    this.#latency = seal && new LatencyHistogram();
    this.#reliable = this.#openReliable();
    this.#deadline = this.#watchDeadline();
    this.#incoming = new IncomingMessages({
      clock: owner.turnClock,
      statistics,
      tracker: seal ? new SealedOrder() : new SequenceTracker(name, owner.sources, options.isFragmented),
      seal,
      reliable: this.#reliable,
      reassembler: options.isFragmented
        ? new Reassembler(name, owner.reassembly.open(name, seal), statistics, this.#reliable !== undefined)
        : undefined,
      deliver: (payload, message) => this.#deliver(payload, message),
    });
    this.#reception = new Reception(name, { link: this.#link, incoming: this.#incoming, reliable: this.#reliable, report: owner.report });
  }

  /** Whether it is closed: by {@link Channel.close}, or with its node. */
  get isClosed(): boolean {
    return this.#refusal !== undefined;
  }

  /** Whether this node has published on it. */
  get isPublished(): boolean {
    return this.#statistics.published > 0;
  }

  /** Whether it has a subscriber on this node. */
  get isSubscribed(): boolean {
    return this.#subscriptions.length > 0;
  }

  /** Other nodes that publish on it, according to their heartbeats; peers without heartbeats are not listed. */
  get publishers(): readonly RemoteNode[] {
    return this.#owner.usersOf(this.name, "publisher");
  }

  /** Other nodes that subscribe to it, according to their heartbeats; peers without heartbeats are not listed. */
  get subscribers(): readonly RemoteNode[] {
    return this.#owner.usersOf(this.name, "subscriber");
  }

  /**
   * Publishes one message.
   *
   * @param value - The codec turns it into bytes at once; later changes do not matter.
   * @returns Whether the transport took it; false is counted as dropped.
   * @throws InvalidArgumentError when the codec or the schema refuses the value. @throws ChannelLengthError `ERR_CHANNEL_MESSAGE_TOO_LONG`.
   * @throws ChannelStateError `ERR_CHANNEL_CLOSED`, `ERR_NODE_CLOSED`. @throws CannotListenError when no port is free for the first message
   * (UDP).
   */
  publish(value: In): boolean {
    const bytes = this.#options.codec.encode(value);
    this.#checkOpen("publish"); // now, as the codec may have closed it
    const wasPublished = this.isPublished;
    const isTaken = (this.#outgoing ?? this.#openOutgoing()).publish(bytes);
    if (isTaken && !wasPublished) this.#owner.usageChanged();
    return isTaken;
  }

  /**
   * Calls `subscriber` for each message. If it throws or rejects, the node emits `error`; other subscribers still get the message.
   *
   * @throws InvalidArgumentError for a subscriber or an option that is wrong.
   * @throws ChannelStateError `ERR_CHANNEL_CLOSED`, `ERR_NODE_CLOSED`.
   * @throws CannotListenError `ERR_LISTEN`, MulticastJoinError `ERR_JOIN` (UDP). After an error the channel is not subscribed.
   */
  subscribe(subscriber: Subscriber<Out>, options?: SubscribeOptions): Subscription {
    const self = this as unknown as Channel<never, unknown>; // as all channels have the same reports
    const subscription = new ChannelSubscription<Out, Channel<never, unknown>>(subscriber, options, Channel.#reports, self);
    this.#checkOpen("subscribe");
    if (!this.isSubscribed) this.#startReceiving();
    this.#subscriptions = this.#subscriptions.concat(subscription); // a spread makes room for 16 more
    if (this.#subscriptions.length === 1) {
      this.#deadline?.start();
      this.#owner.usageChanged();
    }
    return subscription;
  }

  /**
   * Subscribes, and returns all messages from now on, for `for await`. Leaving the loop unsubscribes.
   *
   * @throws The errors of {@link Channel.subscribe}.
   */
  messages(options: StreamOptions = {}): MessageStream<Out> {
    const { ordered = false } = checkOptions("messages", options, ["ordered", "capacity"]);
    const queue = new MessageQueue<Out>(options, {
      lengthBytes: () => this.#lengthBytes,
      discarded: () => this.#statistics.discarded++,
      queueClosed: (closed) => this.#queues?.delete(closed),
    });
    queue.start((subscriber) => this.subscribe(subscriber, { ordered }));
    this.#queues ??= new Set();
    this.#queues.add(queue);
    return queue;
  }

  /** Subscribes with default options: `for await (const [data, message] of channel)`. */
  [Symbol.asyncIterator](): MessageStream<Out> {
    return this.messages();
  }

  /** Returns the counters as they are now. */
  statistics(): ChannelStatistics {
    return { ...this.#statistics, latency: this.#latency?.statistics(), reliable: this.#reliable?.statistics() };
  }

  /**
   * Closes the channel: its subscriptions and loops end, messages that wait behind a long one count as `dropped`, incomplete ones as
   * `incomplete`, and the node forgets the channel, its counters, its order, and its senders. Messages published before still leave.
   * `node.channel()` can open the name again at once, with any options. It is then a new sender and a new receiver. On a sealed channel it
   * refuses packets that were sealed no later than the latest one received before, because nothing else shows that they are new.
   *
   * Calls of async subscribers continue; the node still reports their errors. A reliable channel that has published continues for a moment to
   * send waiting packets, and those that others miss: see `lingerMs`.
   *
   * @returns A promise that resolves when the channel's own sockets are closed; every call returns the same one. Never rejects.
   */
  close(): Promise<void> {
    return this.#close(CHANNEL_ERRORS.ERR_CHANNEL_CLOSED);
  }

  /** Calls {@link Channel.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #close(refusal: ChannelRefusal): Promise<void> {
    return this.#closing.begin(() => {
      const forgotten = refusal === CHANNEL_ERRORS.ERR_CHANNEL_CLOSED ? this.#owner.forget(this.name) : undefined;
      this.#refusal = refusal;
      this.#seal?.close(this.#owner.closedSeals);
      for (const queue of this.#queues ?? []) queue.close();
      for (const subscription of this.#subscriptions) subscription.unsubscribe();
      this.#incoming.close();
      const closed = Promise.all([this.#closeOutgoing(), this.#questions.close(refusal)]);
      forgotten?.();
      return closed;
    });
  }

  async #closeOutgoing(): Promise<void> {
    try {
      await this.#outgoing?.close();
      await this.#seal?.closed;
    } catch (error) {
      this.#owner.report(error);
    }
  }

  #deliver(payload: Buffer, message: ChannelMessage): void {
    let value: Out;
    try {
      value = this.#options.codec.decode(payload);
      if ((value as unknown) !== payload) watchRejection(value, this.#owner.report); // of a codec that is async by mistake
    } catch (error) {
      this.#undecodable({ data: payload, message, error });
      return;
    }
    this.#statistics.received++;
    this.#lengthBytes = payload.length;
    if (message.sentAt !== undefined) this.#addLatency(message.sentAt);
    if (message.lead > 0) this.#deadline?.messageCame(this.#owner.turnClock.nowMs());
    const subscriptions = this.#subscriptions; // as they are now; of a loop over an iterator V8 makes slower code
    for (let i = 0; i < subscriptions.length; i++) subscriptions[i]!.deliver(value, message);
  }

  /** A clock of the user's may throw: then the message counts for no latency, and is delivered all the same. */
  #addLatency(sentAt: number): void {
    callGuarded(() => this.#latency!.add(this.#options.seal!.now() - sentAt), this.#owner.report);
  }

  #remove(subscription: object): void {
    this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription);
    if (this.isSubscribed) return;
    this.#deadline?.stop();
    this.#reception.stop();
    this.#owner.usageChanged();
  }

  /** A transport may call a logger of the user's, which may close the channel: then nothing is received. */
  #startReceiving(): void {
    this.#reception.start();
    if (this.isClosed) this.#reception.stop();
    this.#checkOpen("subscribe");
  }

  #peerChanged({ node, before, after, end }: UsageChange): void {
    for (const role of ROLES) {
      const isUser = hasRole(after, role);
      if (isUser === hasRole(before, role)) continue;
      if (isUser && role === "subscriber") this.#reliable?.greet();
      this.#emitter.emit(role, { change: isUser ? "appeared" : "gone", node, reason: isUser ? undefined : end });
    }
  }

  #watchDeadline(): DeadlineWatch | undefined {
    const { deadlineMs } = this.#options;
    if (deadlineMs === undefined) return undefined;
    return new DeadlineWatch(this.#owner.clock, deadlineMs, (sinceMs) => {
      this.#statistics.deadlines++;
      this.#emitter.emit("deadline", { sinceMs });
    });
  }

  #openReliable(): ReliableChannel | undefined {
    const { reliable: settings } = this.#options;
    if (settings === undefined) return undefined;
    return new ReliableChannel(this.name, this.#owner, {
      settings,
      seal: this.#seal,
      link: this.#link,
      release: (packet, contents) => this.#incoming.take(packet, contents),
      lost: (lost) => this.#emitter.emit("lost", lost),
    });
  }

  #openOutgoing(): OutgoingMessages {
    const outgoing = openOutgoing(this.name, this.#owner, {
      isFragmented: this.#options.isFragmented,
      link: this.#link,
      seal: this.#seal,
      reliable: this.#reliable,
      statistics: this.#statistics,
    });
    // A transport may call a logger of the user's, which may close the channel, or publish on it.
    if (this.isClosed || this.#outgoing !== undefined) callGuarded(() => outgoing.close(), this.#owner.report);
    this.#checkOpen("publish");
    this.#outgoing ??= outgoing;
    return this.#outgoing;
  }

  #checkOpen(operation: string): void {
    if (this.#refusal !== undefined) throw new ChannelStateError<ChannelRefusal["code"]>(this.#refusal, operation, { channel: this.name });
  }
}
