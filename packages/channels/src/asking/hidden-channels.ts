/** Channels that a node uses by itself: companions of its channels, and those of parameters. They are like others, but no user sees them. */
import { type Channel, makeChannel, sealOf } from "../channel/channel.js";
import type { ChannelOwner } from "../channel/channel-owner.js";
import { bytesCodec, type Codec } from "../channel/codec.js";
import type { AskedChannel } from "../channel/questions.js";
import { type CompanionRole, companionName } from "../contract/companion-name.js";
import type { ChannelUsage } from "../presence/heartbeat.js";
import type { SealedChannel, WornKey } from "../seal/channel-seal.js";
import { WINDOW } from "../seal/seal-options.js";

/** A hidden channel, as heartbeats announce it. */
interface Announced {
  readonly channel: { readonly name: string; readonly isSubscribed: boolean };
  /** Whether this node is ready to publish on it: relays have to receive it before the first packet. */
  isPublished: boolean;
}

/** A hidden channel that is open. */
export interface HiddenChannel<In = Uint8Array, Out = Buffer> extends Announced {
  readonly channel: Channel<In, Out>;
}

/** Kind of a hidden channel. */
export interface HiddenOptions<In, Out> {
  readonly codec: Codec<In, Out>;
  readonly isFragmented: boolean;
  /** The seal whose keys it shares, now and after they are rotated. */
  readonly seal: SealedChannel | undefined;
  readonly keyWorn: (worn: WornKey) => void;
}

/** Every hidden channel of a node that is open, for its heartbeats. */
export class HiddenChannels {
  readonly #owner: ChannelOwner;
  readonly #open = new Map<string, Announced>();

  constructor(owner: ChannelOwner) {
    this.#owner = owner;
  }

  /** Use of the channels, as heartbeats announce it. */
  get usages(): readonly ChannelUsage[] {
    const used = [...this.#open.values()].filter(({ isPublished, channel }) => isPublished || channel.isSubscribed);
    return used.map(({ isPublished, channel: { name, isSubscribed } }) => ({ name, isPublished, isSubscribed }));
  }

  /** Opens a companion of a channel: fragmented if the channel is, and sealed with its keys. */
  openCompanion({ name, isFragmented, seal, keyWorn }: AskedChannel<never, unknown>, role: CompanionRole): HiddenChannel {
    return this.open(companionName(name, role), { codec: bytesCodec, isFragmented, seal, keyWorn });
  }

  /** Opens a channel that is not open. */
  open<In, Out>(name: string, { codec, isFragmented, seal, keyWorn }: HiddenOptions<In, Out>): HiddenChannel<In, Out> {
    let unfollow = (): void => {};
    const forget = (): (() => void) => {
      this.#open.delete(name);
      unfollow();
      return () => this.#owner.usageChanged();
    };
    const options = { codec, seal: seal && { ...seal.options, window: WINDOW }, isFragmented, deadlineMs: undefined, reliable: undefined };
    const channel = makeChannel<In, Out>(name, { ...this.#owner, forget }, options);
    if (seal !== undefined) unfollow = seal.lead(sealOf(channel)!);
    channel.on("keyWorn", keyWorn);
    const hidden = { channel, isPublished: false };
    this.#open.set(name, hidden);
    return hidden;
  }

  /** Announces that this node will publish on a channel from now on, or no longer does. */
  announce(hidden: Announced, isPublished: boolean): void {
    if (hidden.isPublished === isPublished) return;
    hidden.isPublished = isPublished;
    this.#owner.usageChanged();
  }
}
