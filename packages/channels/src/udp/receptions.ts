import type { ChannelReceiver } from "../contract/channel-transport.js";

/** Who receives what: channel → its receivers. */
export class Receptions {
  readonly #receivers = new Map<string, readonly ChannelReceiver[]>();
  #changes = 0;

  /** Goes up whenever somebody comes or goes; while it stays the same, so does what {@link Receptions.of} returns. */
  get changes(): number {
    return this.#changes;
  }

  /** @returns Whether it is the first of its channel. */
  add(channel: string, receiver: ChannelReceiver): boolean {
    this.#changes++;
    const before = this.#receivers.get(channel) ?? [];
    if (!before.includes(receiver)) this.#receivers.set(channel, [...before, receiver]);
    return before.length === 0;
  }

  /** @returns Whether it was the last of its channel. */
  remove(channel: string, receiver: ChannelReceiver): boolean {
    this.#changes++;
    const before = this.#receivers.get(channel);
    if (before === undefined || !before.includes(receiver)) return false;
    const after = before.filter((other) => other !== receiver);
    if (after.length > 0) this.#receivers.set(channel, after);
    else this.#receivers.delete(channel);
    return after.length === 0;
  }

  /** The receivers of a channel, if there are any. */
  of(channel: string): readonly ChannelReceiver[] | undefined {
    return this.#receivers.get(channel);
  }

  clear(): void {
    this.#changes++;
    this.#receivers.clear();
  }
}
