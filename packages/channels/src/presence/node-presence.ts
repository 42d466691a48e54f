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

  /** Whether three heartbeats are missing. */
  isSilent(nowMs: number): boolean {
    const periodMs = Math.min(Math.max(this.#periodMs, SHORTEST_PERIOD_MS), LONGEST_PERIOD_MS);
    return nowMs - this.#latestMs >= MISSED_BEATS * periodMs;
  }

  /**
   * Takes a heartbeat.
   *
   * @param room - Number of further channels that there is room for.
   * @returns Whether the name or the channels changed, and the number of channels without room.
   */
  update(beat: Heartbeat, nowMs: number, room: number): { readonly hasChanged: boolean; readonly refused: number } {
    const { name, periodMs, revision, totalChannels, channels } = beat;
    this.#latestMs = nowMs;
    this.#periodMs = periodMs;
    let hasChanged = name !== this.#name;
    this.#name = name;
    if (revision !== this.#revision) {
      this.#revision = revision;
      this.#current = 0;
    }
    let left = room;
    for (const usage of channels) {
      const known = this.#channels.get(usage.name);
      if (known?.revision === revision || (known === undefined && --left < 0)) continue;
      this.#channels.set(usage.name, { usage, revision });
      this.#current++;
      hasChanged ||= known === undefined || !isSameUsage(known.usage, usage);
    }
    if (this.#current >= totalChannels && this.#dropOld()) hasChanged = true;
    return { hasChanged, refused: Math.max(0, -left) };
  }

  /** Removes the channels that are not on the list of this revision, which is complete. */
  #dropOld(): boolean {
    const before = this.#channels.size;
    if (before === this.#current) return false;
    for (const [name, { revision }] of this.#channels) if (revision !== this.#revision) this.#channels.delete(name);
    return this.#channels.size < before;
  }
}

function isSameUsage(a: ChannelUsage, b: ChannelUsage): boolean {
  return a.isPublished === b.isPublished && a.isSubscribed === b.isSubscribed;
}
