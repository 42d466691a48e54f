import type { EventTable } from "@groupcast/base";
import type { UsageEnd } from "../presence/node-directory.js";
import type { RemoteNode } from "../presence/node-presence.js";
import type { LostPackets } from "../reliable/reliable-events.js";
import type { WornKey } from "../seal/channel-seal.js";
import type { ChannelMessage } from "./channel-message.js";

/** Events of a channel. */
export type ChannelEvents = {
  /** A message did not decode, or did not fit the schema. No subscriber gets it. */
  undecodable: (failure: UndecodableMessage) => void;
  /**
   * 2 ** 36 packets forged for a key of a sealed channel have arrived: rotate the key. Emitted again after each 2 ** 36. The channel stays
   * open.
   */
  keyWorn: (worn: WornKey) => void;
  /**
   * Another node started or stopped publishing on the channel, according to its heartbeats. `publishers` has the nodes that are already
   * known.
   */
  publisher: (change: PeerChange) => void;
  /**
   * Another node subscribed to the channel or unsubscribed, according to its heartbeats. `subscribers` has the nodes that are already
   * known.
   */
  subscriber: (change: PeerChange) => void;
  /** No message came in time on a subscribed channel with `deadlineMs`. Emitted once, and again only after another message. */
  deadline: (missed: MissedDeadline) => void;
  /** The channel gave up missing packets of a reliable channel. The `lost` of the next message includes them, too. */
  lost: (lost: LostPackets) => void;
};

/** Short description of each event of a channel. */
export const CHANNEL_EVENTS: EventTable<ChannelEvents> = {
  undecodable: "the codec refused a message",
  keyWorn: "a key has reached the limit on forgeries",
  publisher: "another node started or stopped publishing",
  subscriber: "another node started or stopped subscribing",
  deadline: "no message came in time",
  lost: "packets of a reliable channel were given up",
};

/** Message that the codec or the schema of its channel refused. */
export interface UndecodableMessage {
  /** The bytes as they arrived. */
  readonly data: Buffer;
  /** Facts about the message besides its bytes. */
  readonly message: ChannelMessage;
  /** The error of the codec, or a {@link SchemaMismatchError}. */
  readonly error: unknown;
}

/** A publisher or a subscriber on another node that appeared or left. */
export interface PeerChange {
  /** Whether it appeared; false if it left. */
  readonly change: "appeared" | "gone";
  /** Its node. */
  readonly node: RemoteNode;
  /** Reason for which it left; `undefined` when it appeared. */
  readonly reason: UsageEnd | undefined;
}

/** A deadline that passed without a message. */
export interface MissedDeadline {
  /** Time since the last message that was neither late nor a repeat, or since the channel was subscribed, in milliseconds. */
  readonly sinceMs: number;
}
