import { checkInteger } from "@groupcast/base";
import type { ChannelMessage } from "./channel-message.js";
import type { Subscriber, Subscription } from "./subscription.js";

/** How a channel is read by `for await`. */
export interface StreamOptions {
  readonly ordered?: boolean;
  /** How many messages wait for the reader; when one more comes, the oldest goes and is counted. Default 256. */
  readonly capacity?: number;
}

const DEFAULT_CAPACITY = 256;
const MAX_CAPACITY = 1 << 20;

type Item<Out> = [data: Out, message: ChannelMessage];

/** The messages of a channel, for `for await`. Reading ends with the channel; leaving the loop unsubscribes. */
export class MessageStream<Out> implements AsyncIterableIterator<Item<Out>> {
  readonly #capacity: number;
  readonly #subscription: Subscription<Out>;
  readonly #ended: (stream: MessageStream<Out>) => void;
  #queue: Item<Out>[] = [];
  #readers: ((result: IteratorResult<Item<Out>>) => void)[] = [];
  #isEnded = false;
  #dropped = 0;

  /** Not for users: `channel.messages()` makes streams. */
  constructor(
    { capacity = DEFAULT_CAPACITY }: StreamOptions,
    subscribe: (subscriber: Subscriber<Out>) => Subscription<Out>,
    ended: (stream: MessageStream<Out>) => void,
  ) {
    this.#capacity = checkInteger("messages", "capacity", capacity, [1, MAX_CAPACITY]);
    this.#ended = ended;
    this.#subscription = subscribe((data, message) => this.#push([data, message]));
  }

  /** Messages that the reader was too slow for. */
  get dropped(): number {
    return this.#dropped;
  }

  next(): Promise<IteratorResult<Item<Out>>> {
    const item = this.#queue.shift();
    if (item !== undefined) return Promise.resolve({ value: item, done: false });
    if (this.#isEnded) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#readers.push(resolve);
    });
  }

  return(): Promise<IteratorResult<Item<Out>>> {
    this.#queue = [];
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Not for users: the channel has closed. What waits is still read. */
  end(): void {
    this.#isEnded = true;
    this.#subscription.unsubscribe();
    for (const reader of this.#readers.splice(0)) reader({ value: undefined, done: true });
    this.#ended(this);
  }

  #push(item: Item<Out>): void {
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader({ value: item, done: false });
      return;
    }
    if (this.#queue.length >= this.#capacity) {
      this.#queue.shift();
      this.#dropped++;
    }
    this.#queue.push(item);
  }
}
