export type { ChannelNetworkSettings } from "./channel-network/channel-network.js";
export { type ChannelTarget, type FindChannelsPlan, findChannels } from "./channel-network/find-channels.js";
export { type EchoedMessage, type EchoPlan, type EchoReport, echoChannels } from "./channels/echo-channels.js";
export { type ChannelListing, type ListChannelsPlan, type ListedChannel, type ListedNode, listChannels } from "./channels/list-channels.js";
export { type ChannelMeasurement, type MeasurePlan, type MeasureReport, measureChannels } from "./channels/measure-channels.js";
export type { UndecodedPackets } from "./channels/message-decoder.js";
export type { SpreadReport } from "./channels/spread.js";
export type { ChannelWatchPlan, ChannelWatchReport } from "./channels/watch-channels.js";
export type { TextSink } from "./command/output.js";
export { Refusal } from "./command/refusal.js";
export type { DelayReport } from "./listening/delay-count.js";
export { type ArrivedDatagram, type ListenPlan, listenForDatagrams } from "./listening/listen-for-datagrams.js";
export type { ListenReport } from "./listening/listen-report.js";
export type { ListenTarget } from "./listening/listen-target.js";
export type { ListenerSettings } from "./listening/open-listeners.js";
export { type RecordPlan, recordDatagrams } from "./listening/record-datagrams.js";
export type { StreamReport } from "./listening/sequence-count.js";
export { type CommandHost, main } from "./main.js";
export { type HostMonitor, type HostMonitorPlan, openHostMonitor } from "./monitoring/open-host-monitor.js";
export type { DecodedPayload, PayloadPorts } from "./payload/payload-format.js";
export { decodePayload, type KnownPayload } from "./payload/payload-formats.js";
export { PING_REFUSALS, type PingRefusal } from "./ping/answering.js";
export type { GroupPrefix } from "./ping/group-prefix.js";
export { ping } from "./ping/ping.js";
export type { PingOptions } from "./ping/ping-options.js";
export {
  type AnswerArrived,
  type AnswerLost,
  type AnswerPath,
  type MulticastChanged,
  type PathReport,
  PING_IGNORED,
  type PingEvent,
  type PingIgnored,
  type PingProtocol,
  type PingReport,
  type ResponderFound,
  type ResponderReport,
  type RoundTrips,
  type SessionEnded,
} from "./ping/ping-report.js";
export { type RespondClient, type RespondOptions, type RespondReport, respond } from "./ping/respond.js";
export type { RecordingReport } from "./recording/datagram-recorder.js";
export { RecordingError } from "./recording/recording-error.js";
export type { RecordingFileOptions } from "./recording/recording-file.js";
export { type RecordedDatagram, RecordingReader } from "./recording/recording-reader.js";
export type { EndpointMapping, EndpointPattern } from "./replaying/endpoint-pattern.js";
export type { ChannelReplay } from "./replaying/replay-channels.js";
export { type ReplayPlan, type ReplayReport, replayDatagrams } from "./replaying/replay-datagrams.js";
export { type MemoryReplay, type ReplayIntoOptions, replayInto } from "./replaying/replay-into.js";
export type { ReplaySelection } from "./replaying/replay-selection.js";
export type { ReplaySettings } from "./replaying/replay-senders.js";
export { filePieces, type Payloads, testDatagrams, texts } from "./sending/payloads.js";
export { type SendPlan, sendDatagrams } from "./sending/send-datagrams.js";
export type { SendReport } from "./sending/send-tally.js";
