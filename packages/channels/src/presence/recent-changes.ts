import type { ChannelUsage } from "./heartbeat.js";

const SENDS = 3; // of each change, as heartbeats get lost
const MOST_REVISIONS = 15; // that the format has room for

/** The latest changes of a node's list of channels: each is in three heartbeats, so that a reader who missed one catches up. */
export class RecentChanges {
  #revisions: { readonly names: readonly string[]; sends: number }[] = [];

  /** Number of revisions that {@link RecentChanges.usages} makes up for; 0 when there is nothing to send. */
  get depth(): number {
    return this.#revisions.length;
  }

  /** Adds a revision. @returns Whether it is another list than before, and so was added. */
  add(before: readonly ChannelUsage[], after: readonly ChannelUsage[]): boolean {
    const names = changedNames(before, after);
    if (names.length > 0) this.#revisions.push({ names, sends: 0 });
    if (this.#revisions.length > MOST_REVISIONS) this.#revisions.shift();
    return names.length > 0;
  }

  /** Returns the channels that changed, as they are in `channels`; those that are not there are used no more. */
  usages(channels: readonly ChannelUsage[]): readonly ChannelUsage[] {
    const names = new Set(this.#revisions.flatMap(({ names }) => names));
    const left = channels.filter(({ name }) => names.delete(name));
    return [...left, ...[...names].map((name) => ({ name, isPublished: false, isSubscribed: false }))];
  }

  /** Notes that a heartbeat has carried the changes. */
  sent(): void {
    for (const revision of this.#revisions) revision.sends++;
    this.#revisions = this.#revisions.filter(({ sends }) => sends < SENDS);
  }

  /** Forgets the changes: the whole list is sent. */
  clear(): void {
    this.#revisions = [];
  }
}

function changedNames(before: readonly ChannelUsage[], after: readonly ChannelUsage[]): string[] {
  const earlier = new Map(before.map((usage) => [usage.name, usage]));
  const changed: string[] = [];
  for (const { name, isPublished, isSubscribed } of after) {
    const known = earlier.get(name);
    earlier.delete(name);
    if (known?.isPublished !== isPublished || known.isSubscribed !== isSubscribed) changed.push(name);
  }
  return [...changed, ...earlier.keys()];
}
