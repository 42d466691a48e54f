export { Channel } from "./channel/channel.js";
export type { ChannelEvents, MissedDeadline, PeerChange, UndecodableMessage } from "./channel/channel-events.js";
export type { ChannelCounters, ChannelMessage, ChannelStatistics } from "./channel/channel-message.js";
export type { ChannelOptions } from "./channel/channel-options.js";
export { bytesCodec, type Codec, type CodecName, jsonCodec, textCodec } from "./channel/codec.js";
export type { LatencyStatistics } from "./channel/latency-histogram.js";
export type { MessageStream, StreamOptions } from "./channel/message-stream.js";
export type {
  AnsweringNode,
  AnswerStream,
  ChannelAnswer,
  ChannelRequestManyOptions,
  ChannelRequestOptions,
  RequestStatistics,
  Responder,
  Responding,
  RespondOptions,
} from "./channel/questions.js";
export {
  type SchemaInput,
  SchemaMismatchError,
  type SchemaOutput,
  type StandardFailure,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  type StandardSuccess,
  type StandardTypes,
} from "./channel/standard-schema.js";
export type { SubscribeOptions, Subscriber, Subscription } from "./channel/subscription.js";
export type { ChannelNamespace } from "./channel-namespace.js";
export { ChannelNode, type NodeEvents, type NodeStatistics } from "./channel-node.js";
export type { ChannelOpener } from "./channel-opener.js";
export { CodecMismatchError } from "./codecs/codec-mismatch.js";
export type { LcmPrimitives } from "./codecs/lcm-primitives.js";
export {
  type LcmArrayValue,
  type LcmMember,
  type LcmMembers,
  type LcmStruct,
  type LcmType,
  type LcmTypeValue,
  type LcmValue,
  lcmStruct,
} from "./codecs/lcm-struct.js";
export { loadMessagePackCodec, type MessagePackOptions } from "./codecs/messagepack-codec.js";
export {
  byType,
  type CodecInput,
  type CodecOutput,
  type SubscribersByType,
  type TypedCodecs,
  type TypedInput,
  type TypedMessage,
  type TypedOutput,
  typedCodec,
} from "./codecs/typed-codec.js";
export {
  BrokerError,
  CHANNEL_ERRORS,
  ChannelError,
  type ChannelErrorCode,
  type ChannelErrorSubject,
  ChannelLengthError,
  ChannelStateError,
} from "./contract/channel-errors.js";
export type {
  Asker,
  ChannelReceiver,
  ChannelSender,
  ChannelSource,
  ChannelTransport,
  ConnectionChange,
  KeptChannels,
  ReceivedPacket,
  RelayEnvelope,
  RepairingSender,
  TransportEvents,
  TransportStatistics,
} from "./contract/channel-transport.js";
export {
  ParameterError,
  type ParameterErrorCode,
  type ParameterErrorDefinition,
  type ParameterSubject,
} from "./contract/parameter-errors.js";
export { AnswerError, RequestTimeoutError } from "./contract/request-errors.js";
export type { LcmTransportOptions } from "./lcm/lcm-options.js";
export type { LcmStatistics } from "./lcm/lcm-statistics.js";
export { LcmTransport } from "./lcm/lcm-transport.js";
export type { NatsClientOptions, NatsTransportOptions } from "./nats/nats-options.js";
export { NatsTransport } from "./nats/nats-transport.js";
export type { NatsStreamOptions } from "./nats/stream-options.js";
export type { NodeOptions } from "./node-options.js";
export type { NodeParameters, ParameterEvents } from "./parameters/node-parameters.js";
export type {
  AnyParameterChange,
  JsonValue,
  NoParameters,
  ParameterAuthor,
  ParameterChange,
  ParameterDefinition,
  ParameterDefinitions,
  ParameterDescription,
  ParameterValue,
  Widened,
} from "./parameters/parameter-definition.js";
export type { ParameterWatch, RemoteParameterChange } from "./parameters/parameter-watch.js";
export type { RemoteParameters } from "./parameters/remote-parameters.js";
export { type ChannelUsage, decodeHeartbeat, encodeHeartbeat, HEARTBEAT_CHANNEL, type Heartbeat } from "./presence/heartbeat.js";
export type { DirectoryStatistics, NodeChange, NodeEnd, UsageEnd } from "./presence/node-directory.js";
export type { RemoteNode } from "./presence/node-presence.js";
export { ChannelPattern } from "./relay/channel-pattern.js";
export { ChannelRelay, type RelayStatistics } from "./relay/channel-relay.js";
export type { LaneStatistics, SeriesStatistics } from "./relay/relay-lane.js";
export type { RelayOptions, RelayRule, RelaySide } from "./relay/relay-options.js";
export type { LossReason, LostPackets } from "./reliable/reliable-events.js";
export type { HistoryOptions, ReliableOptions } from "./reliable/reliable-options.js";
export type { ReceiverCounters, ReliableStatistics, SenderCounters } from "./reliable/reliable-statistics.js";
export type { ChannelSeal, SealRotation, WornKey } from "./seal/channel-seal.js";
export type { ChallengeStatistics } from "./seal/seal-challenges.js";
export type { SealKeys, SealOptions } from "./seal/seal-options.js";
export type { SealStatistics } from "./seal/seal-statistics.js";
export { multicastGroupForChannel } from "./udp/multicast-group.js";
export type { UdpTransportOptions } from "./udp/udp-options.js";
export { UdpTransport } from "./udp/udp-transport.js";
