import { checkBoolean, checkFunction, checkOptions, watchRejection } from "@groupcast/base";
import type { ChannelMessage } from "./channel-message.js";

/** Gets the messages of a channel. May be async: the channel treats a rejection like a throw. */
export type Subscriber<Out> = (data: Out, message: ChannelMessage) => void | Promise<void>;

/** Options of a subscription. */
export interface SubscribeOptions {
  /** Leaves out messages that are late or repeats (lead less than 1). Gaps stay. Default false. */
  readonly ordered?: boolean | undefined;
}

/** A subscriber's connection to a channel. `channel.subscribe()` makes it. */
export interface Subscription {
  /** Whether messages are delivered: until {@link Subscription.unsubscribe}, or until the node closes. */
  readonly isActive: boolean;
  /** Ends delivery, of the rest of what just arrived, too. A further call changes nothing. */
  unsubscribe(): void;
}

/** Reports of a subscription to its channel. */
export interface SubscriptionReports<Out> {
  readonly unsubscribed: (subscription: ChannelSubscription<Out>) => void;
  /** The subscriber threw or rejected. */
  readonly failed: (error: unknown) => void;
}

/** A subscription, as its channel sees it. */
export class ChannelSubscription<Out = unknown> implements Subscription {
  readonly #subscriber: Subscriber<Out>;
  readonly #isOrdered: boolean;
  readonly #reports: SubscriptionReports<Out>;
  #isActive = true;

  constructor(subscriber: Subscriber<Out>, options: SubscribeOptions | undefined, reports: SubscriptionReports<Out>) {
    checkFunction("subscribe", "subscriber", subscriber);
    const { ordered = false } = checkOptions("subscribe", options, ["ordered"]);
    this.#subscriber = subscriber;
    this.#isOrdered = checkBoolean("subscribe", "ordered", ordered);
    this.#reports = reports;
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  unsubscribe(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#reports.unsubscribed(this);
  }

  /** Gives the subscriber a message, if it wants it; returns whether it did. */
  deliver(data: Out, message: ChannelMessage): boolean {
    if (!this.#isActive || (this.#isOrdered && message.lead < 1)) return false;
    try {
      const pending = this.#subscriber(data, message);
      if (pending !== undefined) watchRejection(pending, this.#reports.failed);
    } catch (error) {
      this.#reports.failed(error);
    }
    return true;
  }
}
