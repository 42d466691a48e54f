/** The companion channels of a node's channels. They are channels like others, but no user sees them. */
import { type Channel, makeChannel } from "../channel/channel.js";
import type { ChannelOwner } from "../channel/channel-owner.js";
import { bytesCodec } from "../channel/codec.js";
import type { AskedChannel } from "../channel/questions.js";
import { type CompanionRole, companionName } from "../contract/companion-name.js";
import type { ChannelUsage } from "../presence/heartbeat.js";

/** A companion that is open. */
export interface Companion {
  readonly channel: Channel;
  /** Whether this node is ready to publish on it: relays have to receive it before the first packet. */
  isPublished: boolean;
}

/** Every companion of a node that is open, for its heartbeats. */
export class Companions {
  readonly #owner: ChannelOwner;
  readonly #open = new Map<string, Companion>();

  constructor(owner: ChannelOwner) {
    this.#owner = owner;
  }

  /** Use of the companions, as heartbeats announce it. */
  get usages(): readonly ChannelUsage[] {
    const used = [...this.#open.values()].filter(({ isPublished, channel }) => isPublished || channel.isSubscribed);
    return used.map(({ isPublished, channel: { name, isSubscribed } }) => ({ name, isPublished, isSubscribed }));
  }

  /** Opens a companion of a channel: sealed with the same keys, now and after they are rotated, and fragmented if the channel is. */
  open(asked: AskedChannel<never, unknown>, role: CompanionRole): Companion {
    const name = companionName(asked.name, role);
    let unfollow = (): void => {};
    const forget = (): (() => void) => {
      this.#open.delete(name);
      unfollow();
      return () => this.#owner.usageChanged();
    };
    const { isFragmented, seal } = asked;
    const options = { codec: bytesCodec, seal: seal?.options, isFragmented, deadlineMs: undefined };
    const channel = makeChannel<Uint8Array, Buffer>(name, { ...this.#owner, forget }, options);
    if (seal !== undefined) unfollow = seal.lead(channel.seal!);
    channel.on("keyWorn", asked.keyWorn);
    const companion = { channel, isPublished: false };
    this.#open.set(name, companion);
    return companion;
  }

  /** Announces that this node will publish on a companion from now on, or no longer does. */
  announce(companion: Companion, isPublished: boolean): void {
    if (companion.isPublished === isPublished) return;
    companion.isPublished = isPublished;
    this.#owner.usageChanged();
  }
}
