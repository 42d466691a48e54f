import type { ChannelUsage, Heartbeat } from "./heartbeat.js";
import type { Liveliness } from "./liveliness.js";

/** Another node, as its heartbeats describe it. The object stays up to date until the node is gone. */
export interface RemoteNode {
  /** Random number that identifies the node: 16 hexadecimal digits. */
  readonly session: string;
  /** Its name. Several nodes can have one name. */
  readonly name: string;
  /** Channels that it uses, as far as they are known: a long list takes several heartbeats. */
  readonly channels: readonly ChannelUsage[];
  /** Longest time until its next heartbeat, in milliseconds, as its latest one announced: 10 … 60,000. It grows with the network. */
  readonly periodMs: number;
  /** Whether a heartbeat is overdue, and nodes ask for it. It is gone if it does not answer. Only in networks of some 260 nodes and more. */
  readonly isSuspected: boolean;
}

/** A node's part on a channel. */
export type UsageRole = "publisher" | "subscriber";

/** One channel of a node that it uses otherwise than before. */
export interface UsageUpdate {
  readonly channel: string;
  readonly before: ChannelUsage | undefined;
  readonly after: ChannelUsage | undefined;
}

/** Result of a heartbeat. */
export interface PresenceUpdate {
  /** Whether the name or the channels changed. */
  readonly hasChanged: boolean;
  /** Number of channels without room. */
  readonly refused: number;
  readonly updates: readonly UsageUpdate[];
}

/** State of one node. */
export class NodePresence implements RemoteNode {
  readonly session: string;
  readonly liveliness: Liveliness;
  #name: string;
  #revision = -1;
  #wholeRevision: number | undefined; // latest revision whose list was whole
  #list = 0; // number of the list that is being taken: the node sends its channels over and over
  #taken = 0; // number of channels of this list that have come
  #isWhole = false;
  readonly #channels = new Map<string, { readonly usage: ChannelUsage; readonly list: number }>();

  constructor({ session, name }: Heartbeat, liveliness: Liveliness) {
    this.session = session;
    this.liveliness = liveliness;
    this.#name = name;
  }

  get name(): string {
    return this.#name;
  }

  get channels(): readonly ChannelUsage[] {
    return [...this.#channels.values()].map(({ usage }) => usage);
  }

  /** Number of channels that are known. */
  get channelCount(): number {
    return this.#channels.size;
  }

  /** Whether the node has this part on a channel. */
  isUser(channel: string, role: UsageRole): boolean {
    return hasRole(this.#channels.get(channel)?.usage, role);
  }

  get periodMs(): number {
    return this.liveliness.periodMs;
  }

  get isSuspected(): boolean {
    return this.liveliness.isSuspected;
  }

  /**
   * Takes a heartbeat.
   *
   * @param room - Number of further channels that there is room for.
   */
  update(beat: Heartbeat, nowMs: number, room: number): PresenceUpdate {
    const isRenamed = beat.name !== this.#name;
    this.liveliness.heard(beat, nowMs);
    this.#name = beat.name;
    const updates: UsageUpdate[] = [];
    const refused = this.#completes(beat) ? this.#takeDifference(beat, room, updates) : this.#takePart(beat, room, updates);
    return { hasChanged: isRenamed || updates.length > 0, refused, updates };
  }

  /** Whether the list is whole with the changes that the heartbeat carries: one before them was. */
  #completes({ depth = 0, revision }: Heartbeat): boolean {
    const missing = (revision - (this.#wholeRevision ?? 0)) >>> 0; // revisions go round
    return this.#wholeRevision !== undefined && missing <= depth && depth > 0;
  }

  /** Takes the changes since a list that was whole. Returns the number of channels without room. */
  #takeDifference({ revision, channels }: Heartbeat, room: number, updates: UsageUpdate[]): number {
    const refused = this.#putChanges(channels, room, updates);
    this.#revision = revision;
    this.#wholeRevision = revision;
    this.#isWhole = true; // the next part begins another list
    return refused;
  }

  /** Takes a part of a list. Returns the number of channels without room. */
  #takePart({ revision, totalChannels, channels, depth }: Heartbeat, room: number, updates: UsageUpdate[]): number {
    this.#beginList(revision);
    const refused = depth === undefined ? this.#put(channels, room, updates) : this.#putChanges(channels, room, updates);
    this.#isWhole = this.#taken >= totalChannels;
    if (this.#isWhole) this.#dropOld(updates);
    if (this.#isWhole) this.#wholeRevision = revision;
    return refused;
  }

  #putChanges(channels: readonly ChannelUsage[], room: number, updates: UsageUpdate[]): number {
    const refused = this.#put(channels.filter(isUsed), room, updates);
    for (const usage of channels) if (!isUsed(usage)) this.#drop(usage.name, updates);
    return refused;
  }

  #put(channels: readonly ChannelUsage[], room: number, updates: UsageUpdate[]): number {
    let left = room;
    for (const usage of channels) {
      const known = this.#channels.get(usage.name);
      if (known === undefined && --left < 0) continue;
      if (known?.list !== this.#list) this.#taken++;
      this.#channels.set(usage.name, { usage, list: this.#list });
      if (known === undefined || !isSameUsage(known.usage, usage))
        updates.push({ channel: usage.name, before: known?.usage, after: usage });
    }
    return Math.max(0, -left);
  }

  /** A list ends when it is whole or another revision comes. So what was late or forged goes with the next list that is whole. */
  #beginList(revision: number): void {
    if (revision === this.#revision && !this.#isWhole) return;
    this.#revision = revision;
    this.#list++;
    this.#taken = 0;
  }

  /** Removes the channels that are not on this list, which is whole. */
  #dropOld(updates: UsageUpdate[]): void {
    if (this.#channels.size === this.#taken) return;
    for (const [channel, { list }] of this.#channels) if (list !== this.#list) this.#drop(channel, updates);
  }

  #drop(channel: string, updates: UsageUpdate[]): void {
    const known = this.#channels.get(channel);
    if (known === undefined) return;
    this.#channels.delete(channel);
    updates.push({ channel, before: known.usage, after: undefined });
  }
}

/** Whether a node that uses a channel so has this part on it. */
export function hasRole(usage: ChannelUsage | undefined, role: UsageRole): boolean {
  return usage?.[role === "publisher" ? "isPublished" : "isSubscribed"] === true;
}

function isUsed({ isPublished, isSubscribed }: ChannelUsage): boolean {
  return isPublished || isSubscribed;
}

function isSameUsage(a: ChannelUsage, b: ChannelUsage): boolean {
  return a.isPublished === b.isPublished && a.isSubscribed === b.isSubscribed;
}
