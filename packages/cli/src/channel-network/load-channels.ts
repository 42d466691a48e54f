/** Module `@groupcast/channels`. */
export type ChannelsModule = typeof import("@groupcast/channels");

/** Loads it: only for the commands that are about channels, so that the others start without. */
export function loadChannels(): Promise<ChannelsModule> {
  return import("@groupcast/channels");
}
