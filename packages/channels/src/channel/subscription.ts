import { checkBoolean, checkFunction, checkOptions } from "@groupcast/base";
import type { ChannelMessage } from "./channel-message.js";

/** What a subscriber is called with. May be async: what it rejects with is treated as if thrown. */
export type Subscriber<Out> = (data: Out, message: ChannelMessage) => void | Promise<void>;

/** How to subscribe. */
export interface SubscribeOptions {
  /** Leave out what is late or a repeat (lead less than 1). Gaps stay. */
  readonly ordered?: boolean;
}

/** A subscriber's connection to a channel, until it is undone. */
export class Subscription<Out = unknown> {
  readonly #subscriber: Subscriber<Out>;
  readonly #isOrdered: boolean;
  readonly #ended: (subscription: Subscription<Out>) => void;
  readonly #failed: (error: unknown) => void;
  #isActive = true;

  /** Not for users: channels make subscriptions. */
  constructor(
    subscriber: Subscriber<Out>,
    options: SubscribeOptions | undefined,
    { ended, failed }: { ended: (subscription: Subscription<Out>) => void; failed: (error: unknown) => void },
  ) {
    checkFunction("subscribe", "subscriber", subscriber);
    const { ordered = false } = checkOptions("subscribe", options, ["ordered"]);
    this.#subscriber = subscriber;
    this.#isOrdered = checkBoolean("subscribe", "ordered", ordered);
    this.#ended = ended;
    this.#failed = failed;
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  /** Nothing is delivered from here on, not even the rest of what just arrived. Calling it again changes nothing. */
  unsubscribe(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#ended(this);
  }

  /** Not for users: gives the subscriber a message, if it wants it; says whether it was given. */
  deliver(data: Out, message: ChannelMessage): boolean {
    if (!this.#isActive || (this.#isOrdered && message.lead < 1)) return false;
    try {
      const pending = this.#subscriber(data, message);
      if (pending !== undefined && typeof pending.then === "function") pending.then(undefined, this.#failed);
    } catch (error) {
      this.#failed(error);
    }
    return true;
  }
}
