import type { ChannelUsage, Heartbeat } from "./heartbeat.js";

const MISSED_BEATS = 3;
const SHORTEST_PERIOD_MS = 10;
const LONGEST_PERIOD_MS = 60_000; // a node that announces more is gone as soon as if it had announced this

/** Another node, as its heartbeats describe it. The object stays up to date until the node is gone. */
export interface RemoteNode {
  /** Random number that identifies the node: 16 hexadecimal digits. */
  readonly session: string;
  /** Its name. Several nodes can have one name. */
  readonly name: string;
  /** Channels that it uses, as far as they are known: a long list takes several heartbeats. */
  readonly channels: readonly ChannelUsage[];
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
  #name: string;
  #periodMs: number;
  #latestMs: number;
  #revision = -1;
  #list = 0; // number of the list that is being taken: the node sends its channels over and over
  #taken = 0; // number of channels of this list that have come
  #isWhole = false;
  readonly #channels = new Map<string, { readonly usage: ChannelUsage; readonly list: number }>();

  constructor({ session, name, periodMs }: Heartbeat, nowMs: number) {
    this.session = session;
    this.#name = name;
    this.#periodMs = periodMs;
    this.#latestMs = nowMs;
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

  /** Whether three heartbeats are missing. */
  isSilent(nowMs: number): boolean {
    const periodMs = Math.min(Math.max(this.#periodMs, SHORTEST_PERIOD_MS), LONGEST_PERIOD_MS);
    return nowMs - this.#latestMs >= MISSED_BEATS * periodMs;
  }

  /**
   * Takes a heartbeat.
   *
   * @param room - Number of further channels that there is room for.
   */
  update(beat: Heartbeat, nowMs: number, room: number): PresenceUpdate {
    const { name, periodMs, totalChannels, channels } = beat;
    const isRenamed = name !== this.#name;
    this.#latestMs = nowMs;
    this.#periodMs = periodMs;
    this.#name = name;
    this.#beginList(beat.revision);
    const updates: UsageUpdate[] = [];
    let left = room;
    for (const usage of channels) {
      const known = this.#channels.get(usage.name);
      if (known === undefined && --left < 0) continue;
      if (known?.list !== this.#list) this.#taken++;
      this.#channels.set(usage.name, { usage, list: this.#list });
      if (known === undefined || !isSameUsage(known.usage, usage))
        updates.push({ channel: usage.name, before: known?.usage, after: usage });
    }
    this.#isWhole = this.#taken >= totalChannels;
    if (this.#isWhole) this.#dropOld(updates);
    return { hasChanged: isRenamed || updates.length > 0, refused: Math.max(0, -left), updates };
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
    for (const [channel, { usage, list }] of this.#channels) {
      if (list === this.#list) continue;
      this.#channels.delete(channel);
      updates.push({ channel, before: usage, after: undefined });
    }
  }
}

/** Whether a node that uses a channel so has this part on it. */
export function hasRole(usage: ChannelUsage | undefined, role: UsageRole): boolean {
  return usage?.[role === "publisher" ? "isPublished" : "isSubscribed"] === true;
}

function isSameUsage(a: ChannelUsage, b: ChannelUsage): boolean {
  return a.isPublished === b.isPublished && a.isSubscribed === b.isSubscribed;
}
