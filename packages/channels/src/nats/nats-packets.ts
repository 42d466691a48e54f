import type { MsgHdrs } from "@nats-io/transport-node";
import type { ChannelSource, ReceivedPacket } from "../contract/channel-transport.js";
import { RecentTable } from "../order/recent-table.js";
import { decodeNatsHeader } from "./nats-header.js";

const MAX_SOURCES = 4096; // so that the packets of a sender share one object
const UNKNOWN: ChannelSource = Object.freeze({ id: "unknown" }); // a program that sends no header
const MAX_DELAY_MS = 60_000; // twice what relays hold back, see nats-outbox.ts, and a connection that stalls until it is given up

/** A message of NATS, or one that a stream has kept. */
export interface NatsMessage {
  readonly data: Uint8Array;
  readonly headers?: MsgHdrs | undefined;
}

/** Makes packets of messages. */
export class NatsPackets {
  readonly #sources = new RecentTable<ChannelSource>(MAX_SOURCES);

  /** Returns the packet of a message; undefined when no channel has its subject, or its header is malformed. */
  packetOf(message: NatsMessage, channel: string | undefined): ReceivedPacket | undefined {
    const { data } = message;
    const origin = originOf(message);
    if (channel === undefined || origin === "malformed") return undefined;
    const payload = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    if (origin === undefined) return { channel, source: UNKNOWN, sequence: undefined, payload, isRelayed: false };
    const { sequence, envelope } = origin;
    const source = this.#sources.use(origin.source, () => Object.freeze({ id: origin.source, maxDelayMs: MAX_DELAY_MS })).value;
    return envelope === undefined
      ? { channel, source, sequence, payload, isRelayed: false }
      : { channel, source, sequence, payload, isRelayed: true, envelope };
  }
}

/** Reads the header. The client decodes it at this moment, and throws on one that is not in the format of NATS. */
function originOf(message: NatsMessage): ReturnType<typeof decodeNatsHeader> {
  try {
    return decodeNatsHeader(message.headers);
  } catch {
    return "malformed";
  }
}
