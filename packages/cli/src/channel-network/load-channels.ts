/** Module `@groupcast/channels`. */
export type ChannelsModule = typeof import("@groupcast/channels");

/** Loads it, with its client of NATS: only for the commands that are about channels, so that the others start without. */
export function loadChannels(): Promise<ChannelsModule> {
  return import("@groupcast/channels");
}
