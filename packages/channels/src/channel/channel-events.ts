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
  /** A key of a sealed channel has met 2 ** 36 forged packets: rotate it. Again after each 2 ** 36. The channel goes on. */
  keyWorn: (worn: WornKey) => void;
  /** Another node began or ended to publish on the channel, as its heartbeats say. Nodes that are known already are in `publishers`. */
  publisher: (change: PeerChange) => void;
  /** Another node began or ended to subscribe to the channel, as its heartbeats say. Nodes that are known already are in `subscribers`. */
  subscriber: (change: PeerChange) => void;
  /** No message came in time on a channel with `deadlineMs` that is subscribed. Once; again after the next message. */
  deadline: (missed: MissedDeadline) => void;
  /** Packets of a reliable channel were given up. The `lost` of the next message has them, too. */
  lost: (lost: LostPackets) => void;
};

/** The events of a channel, each in a few words. */
export const CHANNEL_EVENTS: EventTable<ChannelEvents> = {
  undecodable: "the codec refused a message",
  keyWorn: "a key has reached the limit on forgeries",
  publisher: "another node started or stopped publishing",
  subscriber: "another node started or stopped subscribing",
  deadline: "no message came in time",
  lost: "packets of a reliable channel were given up",
};

/** A message that the codec or the schema of its channel refused. */
export interface UndecodableMessage {
  /** The bytes as they arrived. */
  readonly data: Buffer;
  /** Facts about the message besides its bytes. */
  readonly message: ChannelMessage;
  /** The error of the codec, or a {@link SchemaMismatchError}. */
  readonly error: unknown;
}

/** A publisher or a subscriber on another node that appeared, or is gone. */
export interface PeerChange {
  /** Whether it is there from now on. */
  readonly change: "appeared" | "gone";
  /** Its node. */
  readonly node: RemoteNode;
  /** Reason for which it is gone; `undefined` when it appeared. */
  readonly reason: UsageEnd | undefined;
}

/** A deadline at which no message had come. */
export interface MissedDeadline {
  /** Time since the last message that was neither late nor a repeat, or since the channel was subscribed, in milliseconds. */
  readonly sinceMs: number;
}
