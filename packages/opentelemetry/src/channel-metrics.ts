import type { Metric, Metrics } from "./metric.js";

/** Counts of a channel, as the `statistics()` of `@groupcast/channels` have them. */
export type ChannelCount =
  | "published"
  | "dropped"
  | "received"
  | "lost"
  | "late"
  | "repeated"
  | "restarts"
  | "undecodable"
  | "unopened"
  | "replayed"
  | "stale"
  | "evicted"
  | "malformed"
  | "incomplete"
  | "failed"
  | "discarded"
  | "deadlines";

/** Metrics of channels. */
export const CHANNEL_METRICS: Metrics<ChannelCount> = {
  published: message("published", "Messages taken by the transport, or waiting for it"),
  dropped: message("dropped", "Messages not taken by the transport, or waiting when the channel closed"),
  received: message("received", "Messages given to subscribers"),
  lost: message("lost", "Messages missing in gaps; those that come late are counted here, too"),
  late: message("late", "Messages received late"),
  repeated: message("repeated", "Messages received again"),
  restarts: { name: "groupcast.channel.source.restarts", unit: "{restart}", description: "Senders that started again" },
  undecodable: message("undecodable", "Messages refused by the codec or the schema"),
  unopened: packet("channel", "unopened", "Packets of sealed channels that no key opened"),
  replayed: packet("channel", "replayed", "Packets of sealed channels that had come before"),
  stale: packet("channel", "stale", "Packets of sealed channels that were sealed too long ago, or in the future"),
  evicted: {
    name: "groupcast.channel.source.evictions",
    unit: "{source}",
    description: "Senders of sealed channels that made room for others",
  },
  malformed: packet("channel", "malformed", "Packets of fragmented channels that fit no message"),
  incomplete: message("incomplete", "Messages given up because fragments were missing"),
  failed: { name: "groupcast.channel.subscriber.errors", unit: "{error}", description: "Calls of subscribers that threw or rejected" },
  discarded: message("discarded", "Messages discarded as they waited for a paused, busy or slow subscriber"),
  deadlines: { name: "groupcast.channel.deadlines.missed", unit: "{deadline}", description: "Deadlines that passed without a message" },
};

/** Counts of a transport, as the `statistics()` of `@groupcast/channels` have them. */
export type TransportCount = "sent" | "dropped" | "unconfirmed" | "received" | "foreign" | "malformed";

/** Metrics of the transports of channels. */
export const TRANSPORT_METRICS: Metrics<TransportCount> = {
  sent: packet("transport", "sent", "Packets taken by the network"),
  dropped: packet("transport", "dropped", "Packets refused by the network, or discarded because a buffer was full"),
  unconfirmed: packet("transport", "unconfirmed", "Packets on a connection that broke before the server had confirmed them"),
  received: packet("transport", "received", "Packets given to channels"),
  foreign: packet("transport", "foreign", "Packets of channels that have no receiver, on the same group"),
  malformed: packet("transport", "malformed", "Packets that are not of the wire format"),
};

function message(name: string, description: string): Metric {
  return { name: `groupcast.channel.messages.${name}`, unit: "{message}", description };
}

function packet(of: "channel" | "transport", name: string, description: string): Metric {
  return { name: `groupcast.${of}.packets.${name}`, unit: "{packet}", description };
}
