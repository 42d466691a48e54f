import type { ReceivedPacket } from "../contract/channel-transport.js";
import type { OrderedSource } from "../order/sequence-tracker.js";
import type { SealFacts } from "./unsealer.js";

/** The part of a packet that counts: its own, or that of its sealed contents. */
export interface PacketContents {
  readonly source: OrderedSource;
  readonly sequence: number | undefined;
  readonly payload: Buffer;
  readonly seal?: SealFacts;
}

/** Takes a packet and its contents. */
export type TakePacket = (packet: ReceivedPacket, contents: PacketContents) => void;
