import type { ChannelMessage } from "./channel-message.js";
import type { Subscriber, Subscription } from "./subscription.js";
import { checkCapacity, type Item, WaitingMessages } from "./waiting-messages.js";

/** Options of a loop over a channel. */
export interface StreamOptions {
  /** Leaves out messages that are late or repeats (lead less than 1). Gaps stay. Default false. */
  readonly ordered?: boolean | undefined;
  /**
   * Number of messages that may wait for the reader, 1 … 1,048,576, with at most 64 MiB of received bytes in all. A further one discards
   * the oldest. Default 256.
   */
  readonly capacity?: number | undefined;
}

/** The part of a channel that its streams use. */
export interface QueueOwner<Out> {
  /** Returns the length of the message that is being delivered, as it arrived, in bytes. */
  lengthBytes(): number;
  /** Counts a message that a queue has discarded. */
  discarded(): void;
  /** Forgets a queue that has closed. */
  queueClosed(queue: MessageQueue<Out>): void;
}

/** The messages of a channel, for `for await`. The loop ends when the channel or the node closes; leaving the loop unsubscribes. */
export interface MessageStream<Out> extends AsyncIterableIterator<[data: Out, message: ChannelMessage]> {
  /** Number of messages discarded because the reader was too slow. */
  readonly dropped: number;
  /** Resolves to the next message; `done` once the channel has closed and every message that waited is read. */
  next(): Promise<IteratorResult<[data: Out, message: ChannelMessage]>>;
  /** Unsubscribes, and discards the messages that wait. `for await` calls it when its loop is left. */
  return(): Promise<IteratorResult<[data: Out, message: ChannelMessage]>>;
  /** Returns the stream itself. */
  [Symbol.asyncIterator](): this;
}

/** A stream, as its channel sees it: the messages that wait for the reader. */
export class MessageQueue<Out> implements MessageStream<Out> {
  readonly #owner: QueueOwner<Out>;
  readonly #waiting: WaitingMessages<Out>;
  #subscription: Subscription | undefined; // while started
  #readers: ((result: IteratorResult<Item<Out>>) => void)[] = [];
  #isClosed = false;

  constructor({ capacity }: StreamOptions, owner: QueueOwner<Out>) {
    this.#owner = owner;
    this.#waiting = new WaitingMessages(checkCapacity("messages", capacity), () => owner.discarded());
  }

  /** Subscribes. */
  start(subscribe: (subscriber: Subscriber<Out>) => Subscription): void {
    this.#subscription = subscribe((data, message) => this.#push([data, message]));
  }

  get dropped(): number {
    return this.#waiting.dropped;
  }

  next(): Promise<IteratorResult<Item<Out>>> {
    const item = this.#waiting.shift();
    if (item !== undefined) return Promise.resolve({ value: item, done: false });
    if (this.#isClosed) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#readers.push(resolve);
    });
  }

  return(): Promise<IteratorResult<Item<Out>>> {
    this.#waiting.clear();
    this.close();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Unsubscribes. The reader still gets what waits. */
  close(): void {
    this.#isClosed = true;
    this.#subscription?.unsubscribe();
    for (const reader of this.#readers.splice(0)) reader({ value: undefined, done: true });
    this.#owner.queueClosed(this);
  }

  #push(item: Item<Out>): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#waiting.push(item, this.#owner.lengthBytes());
    else reader({ value: item, done: false });
  }
}
