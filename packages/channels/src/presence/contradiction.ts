import type { ChannelUsage, Heartbeat } from "./heartbeat.js";

/** State of a node, as the node itself knows it. */
export interface NodeFacts {
  readonly revision: number;
  readonly periodMs: number;
  readonly channels: readonly ChannelUsage[];
}

/**
 * Whether a heartbeat with a node's session contradicts the node, so that somebody else has sent it. Readers of the forgery have a wrong list,
 * or none: they took the node for gone.
 */
export function isContradicted(beat: Heartbeat, { revision, periodMs, channels }: NodeFacts): boolean {
  if (beat.isLeaving || beat.revision !== revision || beat.totalChannels !== channels.length) return true;
  if (beat.periodMs < periodMs / 2) return true; // periods follow the number of nodes, so an echo may have another
  const known = new Map(channels.map((usage) => [usage.name, usage]));
  return beat.channels.some(({ name, isPublished, isSubscribed }) => {
    const usage = known.get(name);
    return (usage?.isPublished ?? false) !== isPublished || (usage?.isSubscribed ?? false) !== isSubscribed;
  });
}
