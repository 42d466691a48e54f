import type { ChannelReceiver } from "../contract/channel-transport.js";

/** The receivers of each channel. */
export class Receptions {
  readonly #receivers = new Map<string, readonly ChannelReceiver[]>();
  #changes = 0;

  /** Number of changes. While it stays the same, so do the results of {@link Receptions.of}. */
  get changes(): number {
    return this.#changes;
  }

  /** Adds a receiver; returns whether it is the first of its channel. */
  add(channel: string, receiver: ChannelReceiver): boolean {
    this.#changes++;
    const before = this.#receivers.get(channel) ?? [];
    if (!before.includes(receiver)) this.#receivers.set(channel, before.concat(receiver)); // a spread makes room for 16 more
    return before.length === 0;
  }

  /** Removes a receiver; returns whether it was the last of its channel. */
  remove(channel: string, receiver: ChannelReceiver): boolean {
    this.#changes++;
    const before = this.#receivers.get(channel);
    if (before === undefined || !before.includes(receiver)) return false;
    const after = before.filter((other) => other !== receiver);
    if (after.length > 0) this.#receivers.set(channel, after);
    else this.#receivers.delete(channel);
    return after.length === 0;
  }

  /** Returns the receivers of a channel; undefined when there are none. */
  of(channel: string): readonly ChannelReceiver[] | undefined {
    return this.#receivers.get(channel);
  }

  /** Removes every receiver. */
  clear(): void {
    this.#changes++;
    this.#receivers.clear();
  }
}
