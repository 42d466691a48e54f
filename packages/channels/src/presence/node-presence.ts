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
  #current = 0; // number of channels of this revision that are known
  readonly #channels = new Map<string, { readonly usage: ChannelUsage; readonly revision: number }>();

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
    const { name, periodMs, revision, totalChannels, channels } = beat;
    const isRenamed = name !== this.#name;
    this.#latestMs = nowMs;
    this.#periodMs = periodMs;
    this.#name = name;
    if (revision !== this.#revision) {
      this.#revision = revision;
      this.#current = 0;
    }
    const updates: UsageUpdate[] = [];
    let left = room;
    for (const usage of channels) {
      const known = this.#channels.get(usage.name);
      if (known?.revision === revision || (known === undefined && --left < 0)) continue;
      this.#channels.set(usage.name, { usage, revision });
      this.#current++;
      if (known === undefined || !isSameUsage(known.usage, usage))
        updates.push({ channel: usage.name, before: known?.usage, after: usage });
    }
    if (this.#current >= totalChannels) this.#dropOld(updates);
    return { hasChanged: isRenamed || updates.length > 0, refused: Math.max(0, -left), updates };
  }

  /** Removes the channels that are not on the list of this revision, which is complete. */
  #dropOld(updates: UsageUpdate[]): void {
    if (this.#channels.size === this.#current) return;
    for (const [channel, { usage, revision }] of this.#channels) {
      if (revision === this.#revision) continue;
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
