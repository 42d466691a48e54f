export { Channel, type ChannelEvents, type UndecodableMessage } from "./channel.js";
export {
  BrokerError,
  CHANNEL_ERRORS,
  ChannelError,
  type ChannelErrorCode,
  type ChannelErrorSubject,
  ChannelLengthError,
  ChannelStateError,
} from "./channel-errors.js";
export type { ChannelMessage, ChannelStatistics } from "./channel-message.js";
export type { ChannelNamespace } from "./channel-namespace.js";
export { ChannelNode, type NodeEvents, type NodeStatistics } from "./channel-node.js";
export type { ChannelOpener } from "./channel-opener.js";
export type { ChannelOptions } from "./channel-options.js";
export { ChannelRelay, type RelayStatistics } from "./channel-relay.js";
export type {
  ChannelReceiver,
  ChannelSender,
  ChannelSource,
  ChannelTransport,
  ConnectionChange,
  ReceivedPacket,
  RelayEnvelope,
  TransportEvents,
  TransportStatistics,
} from "./channel-transport.js";
export { bytesCodec, type Codec, type CodecName, jsonCodec, textCodec } from "./codec.js";
export { type ChannelUsage, decodeHeartbeat, encodeHeartbeat, HEARTBEAT_CHANNEL, type Heartbeat } from "./heartbeat.js";
export type { MessageStream, StreamOptions } from "./message-stream.js";
export { multicastGroupForChannel } from "./multicast-group.js";
export type { NatsTransportOptions } from "./nats-options.js";
export { NatsTransport } from "./nats-transport.js";
export type { DirectoryStatistics, NodeChange } from "./node-directory.js";
export type { NodeOptions } from "./node-options.js";
export type { RemoteNode } from "./node-presence.js";
export type { LaneStatistics } from "./relay-lane.js";
export type { RelayOptions, RelayRule, RelaySide } from "./relay-options.js";
export type { SealKey, SealOptions } from "./seal-keys.js";
export {
  type SchemaInput,
  SchemaMismatchError,
  type SchemaOutput,
  type StandardResult,
  type StandardSchema,
} from "./standard-schema.js";
export type { SubscribeOptions, Subscriber, Subscription } from "./subscription.js";
export type { UdpTransportOptions } from "./udp-options.js";
export { UdpTransport } from "./udp-transport.js";
