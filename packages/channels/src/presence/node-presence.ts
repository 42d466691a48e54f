import type { ChannelUsage, Heartbeat } from "./heartbeat.js";

const MISSED_BEATS = 3;
const SHORTEST_PERIOD_MS = 10;
const LONGEST_PERIOD_MS = 60_000; // whoever announces more is forgotten as if it had announced this

/** Another node, as its heartbeats describe it. Kept up to date until it is gone. */
export interface RemoteNode {
  readonly session: string; // what tells it from others; names need not
  readonly name: string;
  /** What it uses, as far as it has been heard: a long list takes several heartbeats. */
  readonly channels: readonly ChannelUsage[];
}

/** What is known of one node. */
export class NodePresence implements RemoteNode {
  readonly session: string;
  #name: string;
  #periodMs: number;
  #heardMs: number;
  #revision = -1;
  #current = 0; // how many channels of this revision are known
  readonly #channels = new Map<string, { readonly usage: ChannelUsage; readonly revision: number }>();

  constructor({ session, name, periodMs }: Heartbeat, nowMs: number) {
    this.session = session;
    this.#name = name;
    this.#periodMs = periodMs;
    this.#heardMs = nowMs;
  }

  get name(): string {
    return this.#name;
  }

  get channels(): readonly ChannelUsage[] {
    return [...this.#channels.values()].map(({ usage }) => usage);
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  /** Whether three heartbeats have been missed. */
  isSilent(nowMs: number): boolean {
    const periodMs = Math.min(Math.max(this.#periodMs, SHORTEST_PERIOD_MS), LONGEST_PERIOD_MS);
    return nowMs - this.#heardMs >= MISSED_BEATS * periodMs;
  }

  /**
   * Takes a heartbeat.
   *
   * @param room - How many further channels may be remembered.
   * @returns Whether anything is different from before.
   */
  hear({ name, periodMs, revision, totalChannels, channels }: Heartbeat, nowMs: number, room: number): boolean {
    this.#heardMs = nowMs;
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
      if (known?.revision === revision || (known === undefined && left-- <= 0)) continue;
      this.#channels.set(usage.name, { usage, revision });
      this.#current++;
      hasChanged ||= known === undefined || !isSameUsage(known.usage, usage);
    }
    return this.#current >= totalChannels ? this.#dropOld() || hasChanged : hasChanged;
  }

  /** The list of this revision is complete: what is not on it is no longer used. */
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
