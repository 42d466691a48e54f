/**
 * Heartbeats: the announcements of nodes, on a channel of their own, so that they do not confuse peers with another schema.
 *
 *     "GCHB" | version 1 (1 byte) | flags (1; 1: leaving, 2: answers, times 16: depth) | session (8) | period in ms (4) | revision (4) | channels in all (4)
 *     | entries here (2) | length of the name (1) | name (UTF-8) | entries
 *     entry: flags (1; 1: published, 2: subscribed) | length of the name (1) | name (ASCII)
 *
 * Big-endian. The session is a random number that a node keeps for life. The revision goes up whenever the list of channels changes. One
 * heartbeat carries a part of the list; a receiver knows all of it once it has as many channels of a revision as there are in all. A reader
 * ignores heartbeats of another version.
 *
 * A heartbeat with a depth carries a difference: all that changed in so many latest revisions; a channel that is neither published nor
 * subscribed is used no more. A reader that has a whole list of one of the revisions before has this one. Readers that know no differences
 * take it for a part of the list, and are right about all but the channels that are used no more, until the next whole list.
 */
import { isChannelName } from "../contract/channel-name.js";

/** Name of the channel that carries heartbeats. */
export const HEARTBEAT_CHANNEL = "__groupcast_nodes";

/** Length of the longest heartbeat: one packet of Ethernet, also when it is sealed and signed (127), whatever headers a network adds. */
export const MAX_HEARTBEAT_BYTES = 1300;

const MAGIC = "GCHB";
const VERSION = 1;
const HEADER_BYTES = 29;
const LEAVING = 1;
const ANSWERS = 2;
const DEPTH_UNIT = 16; // the upper four bits
const PUBLISHED = 1;
const SUBSCRIBED = 2;
const MAX_TEXT_BYTES = 255;

/** A node's use of a channel. */
export interface ChannelUsage {
  /** Full name of the channel. */
  readonly name: string;
  /** Whether the node has published on it. */
  readonly isPublished: boolean;
  /** Whether the node subscribes to it now. */
  readonly isSubscribed: boolean;
}

/** One heartbeat of a node. */
export interface Heartbeat {
  /** Random number of the node: 16 hexadecimal digits. */
  readonly session: string;
  /** Name of the node. At most 255 bytes of UTF-8 travel. */
  readonly name: string;
  /** Time between two heartbeats of the node, in milliseconds. */
  readonly periodMs: number;
  /** Number of the list of channels; goes up with each change. */
  readonly revision: number;
  /** Number of channels that the node uses. */
  readonly totalChannels: number;
  /** Some of them. */
  readonly channels: readonly ChannelUsage[];
  /** Whether the node is leaving. */
  readonly isLeaving: boolean;
  /** Whether the node answers when it is asked for, with a heartbeat. Default: it does not. */
  readonly answers?: boolean | undefined;
  /** Number of the latest revisions whose changes the channels are, 1 … 15. Default: they are a part of the list. */
  readonly depth?: number | undefined;
}

/** Writes a heartbeat, as the payload of a packet on {@link HEARTBEAT_CHANNEL}. */
export function encodeHeartbeat(beat: Heartbeat): Buffer {
  const name = encodeName(beat.name);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 0, "latin1");
  header[4] = VERSION;
  header[5] = (beat.isLeaving ? LEAVING : 0) | (beat.answers ? ANSWERS : 0) | ((beat.depth ?? 0) * DEPTH_UNIT);
  header.write(beat.session, 6, "hex");
  header.writeUInt32BE(beat.periodMs, 14);
  header.writeUInt32BE(beat.revision, 18);
  header.writeUInt32BE(beat.totalChannels, 22);
  header.writeUInt16BE(beat.channels.length, 26);
  header[28] = name.length;
  return Buffer.concat([header, name, ...beat.channels.map(encodeUsage)]);
}

/** Reads the payload of a packet on {@link HEARTBEAT_CHANNEL}; returns undefined when it is no heartbeat of this version, or names what is no channel. */
export function decodeHeartbeat(bytes: Buffer): Heartbeat | undefined {
  if (bytes.length < HEADER_BYTES || bytes.toString("latin1", 0, 4) !== MAGIC || bytes[4] !== VERSION) return undefined;
  const channelsOffset = HEADER_BYTES + bytes[28]!;
  if (channelsOffset > bytes.length) return undefined;
  const channels = decodeUsages(bytes.subarray(channelsOffset), bytes.readUInt16BE(26));
  if (channels === undefined) return undefined;
  const flags = bytes[5]!;
  const depth = Math.floor(flags / DEPTH_UNIT);
  return {
    session: bytes.toString("hex", 6, 14),
    name: bytes.toString("utf8", HEADER_BYTES, channelsOffset),
    periodMs: bytes.readUInt32BE(14),
    revision: bytes.readUInt32BE(18),
    totalChannels: bytes.readUInt32BE(22),
    channels,
    isLeaving: (flags & LEAVING) !== 0,
    ...((flags & ANSWERS) !== 0 && { answers: true }),
    ...(depth > 0 && { depth }),
  };
}

/** Returns how many channels, from index `from` on, one heartbeat of node `name` holds; at least one. */
export function channelsInHeartbeat(name: string, channels: readonly ChannelUsage[], from: number): number {
  let bytes = emptyHeartbeatBytes(name);
  let count = 0;
  for (let i = from; i < channels.length; i++) {
    bytes += 2 + channels[i]!.name.length;
    if (bytes > MAX_HEARTBEAT_BYTES && count > 0) break;
    count++;
  }
  return count;
}

/** Returns the number of bytes of a heartbeat of node `name` without channels. */
export function emptyHeartbeatBytes(name: string): number {
  return HEADER_BYTES + encodeName(name).length;
}

/** Returns the number of bytes that channels take in heartbeats. */
export function usagesBytes(channels: readonly ChannelUsage[]): number {
  return channels.reduce((sum, { name }) => sum + 2 + name.length, 0);
}

/** Returns a node's name as it travels: cut off when it is too long. */
function encodeName(name: string): Buffer {
  return Buffer.from(name, "utf8").subarray(0, MAX_TEXT_BYTES);
}

function encodeUsage({ name, isPublished, isSubscribed }: ChannelUsage): Buffer {
  const flags = (isPublished ? PUBLISHED : 0) | (isSubscribed ? SUBSCRIBED : 0);
  return Buffer.concat([Buffer.of(flags, name.length), Buffer.from(name, "latin1")]);
}

function decodeUsages(bytes: Buffer, count: number): ChannelUsage[] | undefined {
  const usages: ChannelUsage[] = [];
  let offset = 0;
  for (let i = 0; i < count; i++) {
    const end = offset + 2 + (bytes[offset + 1] ?? bytes.length);
    if (end > bytes.length) return undefined;
    const flags = bytes[offset]!;
    const name = bytes.toString("latin1", offset + 2, end);
    if (!isChannelName(name)) return undefined; // nobody can open it, so no node has sent it
    usages.push({ name, isPublished: (flags & PUBLISHED) !== 0, isSubscribed: (flags & SUBSCRIBED) !== 0 });
    offset = end;
  }
  return offset === bytes.length ? usages : undefined;
}
