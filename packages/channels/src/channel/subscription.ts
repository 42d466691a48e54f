/**
 * Subscriptions.
 *
 * Theory of operation: a subscription gives each message to its subscriber when it arrives. It is *held* while it is paused, while as many
 * calls of an async subscriber are pending as it may have, and until the messages that waited meanwhile are delivered, so that they keep
 * their order. What arrives while it is held waits, within bounds. Messages that waited are delivered from a microtask, never from inside
 * `resume()`.
 */
import { checkBoolean, checkFunction, checkInteger, checkOptions, isThenable, settled } from "@groupcast/base";
import type { ChannelMessage } from "./channel-message.js";
import { checkCapacity, type Item, WaitingMessages } from "./waiting-messages.js";

/** Gets the messages of a channel. May be async: the channel treats a rejection like a throw. */
export type Subscriber<Out> = (data: Out, message: ChannelMessage) => void | Promise<void>;

/** Options of a subscription. */
export interface SubscribeOptions {
  /** Leaves out messages that are late or repeats (lead less than 1). Gaps stay. Default false. */
  readonly ordered?: boolean | undefined;
  /**
   * Number of calls of an async subscriber that may be pending at a time, 1 … 65,536; with 1 messages are handled one after another.
   * Further messages wait, see `capacity`. A call whose promise never settles still counts. Default 1024.
   */
  readonly maxPending?: number | undefined;
  /**
   * Number of messages that wait while the subscription is paused, or has `maxPending` calls pending, 0 … 1,048,576, with at most 64 MiB of
   * received bytes in all. A further one discards the oldest. 0 keeps none, 1 the latest. Default 256.
   */
  readonly capacity?: number | undefined;
  /**
   * Gives the subscriber only the newest of the messages that arrive together or while it is held back. `capacity` is then 1, and displaced
   * messages count as `dropped`. Default false.
   */
  readonly conflate?: boolean | undefined;
}

/** A subscriber's connection to a channel. `channel.subscribe()` makes it. */
export interface Subscription {
  /** Whether messages are delivered: until {@link Subscription.unsubscribe}, or until the channel or the node closes. */
  readonly isActive: boolean;
  /** Whether it is paused. */
  readonly isPaused: boolean;
  /** Number of calls of an async subscriber whose promise has not settled. */
  readonly pending: number;
  /** Number of messages that wait because it is paused or has too many calls pending. */
  readonly waiting: number;
  /** Number of discarded messages: others displaced them, or they still waited when the subscription ended. */
  readonly dropped: number;
  /** Stops delivery, even of messages that just arrived, until {@link Subscription.resume}. Messages wait, within `capacity`. */
  pause(): void;
  /** Resumes delivery, first of the waiting messages, soon after the call returns. Changes nothing if it is not paused. */
  resume(): void;
  /** Ends delivery, even of messages that just arrived. Waiting messages count as `dropped`. A further call changes nothing. */
  unsubscribe(): void;
  /** Unsubscribes at the end of `using`; {@link Subscription.unsubscribe}. */
  [Symbol.dispose](): void;
}

/** Reports of subscriptions to their channels. All channels share one object: functions of each one's own would take 300 bytes. */
export interface SubscriptionReports<Owner> {
  unsubscribed(channel: Owner, subscription: object): void;
  /** The subscriber threw or rejected. */
  failed(channel: Owner, error: unknown): void;
  /** A message that waited was discarded. */
  discarded(channel: Owner): void;
  /** Returns the length of the message that is being delivered, as it arrived, in bytes. */
  lengthBytes(channel: Owner): number;
}

const DEFAULT_PENDING = 1024;
const MAX_PENDING = 1 << 16;

/** A subscription, as its channel sees it. */
export class ChannelSubscription<Out = unknown, Owner = unknown> implements Subscription {
  readonly #subscriber: Subscriber<Out>;
  readonly #isOrdered: boolean;
  readonly #isConflated: boolean;
  readonly #maxPending: number;
  readonly #reports: SubscriptionReports<Owner>;
  readonly #channel: Owner;
  readonly #capacity: number;
  #waiting: WaitingMessages<Out> | undefined; // since the first message that had to wait
  #isActive = true;
  #isPaused = false;
  #isHeld = false;
  #pending = 0;

  constructor(subscriber: Subscriber<Out>, given: SubscribeOptions | undefined, reports: SubscriptionReports<Owner>, channel: Owner) {
    checkFunction("subscribe", "subscriber", subscriber);
    const options = checkOptions("subscribe", given, ["ordered", "maxPending", "capacity", "conflate"]);
    const { ordered = false, maxPending = DEFAULT_PENDING, conflate = false } = options;
    this.#subscriber = subscriber;
    this.#isOrdered = checkBoolean("subscribe", "ordered", ordered);
    this.#isConflated = checkBoolean("subscribe", "conflate", conflate);
    this.#maxPending = checkInteger("subscribe", "maxPending", maxPending, [1, MAX_PENDING]);
    this.#reports = reports;
    this.#channel = channel;
    const capacity = checkCapacity("subscribe", options.capacity, 0);
    this.#capacity = conflate ? 1 : capacity;
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get pending(): number {
    return this.#pending;
  }

  get waiting(): number {
    return this.#waiting?.length ?? 0;
  }

  get dropped(): number {
    return this.#waiting?.dropped ?? 0;
  }

  pause(): void {
    this.#isPaused = true;
    this.#isHeld = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    queueMicrotask(() => this.#goOn());
  }

  unsubscribe(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#waiting?.discardAll();
    this.#reports.unsubscribed(this.#channel, this);
  }

  [Symbol.dispose](): void {
    this.unsubscribe();
  }

  /** Gives the subscriber a message, if it wants it, or lets it wait. */
  deliver(data: Out, message: ChannelMessage): void {
    if (!this.#isActive || (this.#isOrdered && message.lead < 1)) return;
    if (this.#isConflated) this.#holdForTurn();
    if (this.#isHeld) this.#wait([data, message]);
    else this.#call(data, message);
  }

  #wait(item: Item<Out>): void {
    this.#waiting ??= new WaitingMessages(this.#capacity, () => this.#reports.discarded(this.#channel));
    this.#waiting.push(item, this.#reports.lengthBytes(this.#channel));
  }

  /** Holds messages back until the callback from the network returns. */
  #holdForTurn(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    queueMicrotask(() => this.#goOn());
  }

  #call(data: Out, message: ChannelMessage): void {
    try {
      const result: unknown = this.#subscriber(data, message);
      if (result !== undefined && isThenable(result)) this.#watch(result);
    } catch (error) {
      this.#reports.failed(this.#channel, error);
    }
  }

  #watch(call: PromiseLike<unknown>): void {
    if (++this.#pending === this.#maxPending) this.#isHeld = true;
    const ended = (): void => {
      this.#pending--;
      this.#goOn();
    };
    settled(call).then(ended, (error) => {
      this.#reports.failed(this.#channel, error);
      ended();
    });
  }

  /** Delivers what waits, until it has to wait again. */
  #goOn(): void {
    while (this.#isHeld && !this.#isPaused && this.#pending < this.#maxPending) {
      const next = this.#waiting?.shift();
      if (next === undefined) this.#isHeld = false;
      else this.#call(...next);
    }
  }
}
