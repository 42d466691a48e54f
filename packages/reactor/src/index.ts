export {
  type Arrival,
  BackendLoadError,
  type DatagramBackend,
  type DatagramBatch,
  type Family,
  formatEndpoint,
  type InterfaceAddress,
  type InterfaceFlags,
  MAX_PORT,
  maxPayloadBytes,
  type NetworkInterface,
  type Route,
  type SocketAddress,
  type Steering,
  type SteeringByCpu,
  type SteeringByPayload,
  type SteeringBySource,
} from "@groupcast/backend";
export {
  type Clock,
  DatagramError,
  type EventMap,
  type GroupcastError,
  InvalidArgumentError,
  isGroupcastError,
  type LogFields,
  type Logger,
  type ScheduledCall,
  StateError,
  type Subscribable,
  SystemError,
  systemClock,
  UnsupportedError,
} from "@groupcast/base";
export { type Attached, DatagramProtocol, type PlainProtocol, type Protocol } from "./datagram-protocol.js";
export type { DiagnosticMessages } from "./diagnostics.js";
export type { SystemEvent, TriggerId, TriggerPhase } from "./life/system-events.js";
export { LoopingCall } from "./looping-call.js";
export type { InterfaceSelector } from "./network/interface-selector.js";
export type { Network, NetworkChange, NetworkEvents } from "./network/network.js";
export type { ResolveOptions, Resolver } from "./network/resolver.js";
export type { AdoptOptions, ConnectOptions, ListenOptions, MulticastListenOptions, PortOptions } from "./port/listen-options.js";
export type { BufferGrant, PortBuffers } from "./port-buffers.js";
export type { PortStatistics } from "./port-statistics.js";
export { DatagramStream, type DatagramStreamOptions, type ReceivedDatagram } from "./protocols/datagram-stream.js";
export type { RequestOptions } from "./protocols/request-options.js";
export { Requester, type RequesterStatistics } from "./protocols/requester.js";
export { type OnPort, Reactor, type ReactorEvents, type ReactorOptions } from "./reactor.js";
export { type ErrorCode, REACTOR_ERRORS } from "./reactor-errors.js";
export type { SendReceipt } from "./send-receipt.js";
export { CannotListenError, MessageLengthError, MulticastJoinError } from "./system-errors.js";
export type { DeferOptions } from "./time/deferral.js";
export type { DelayedCall } from "./time/delayed-call.js";
export type {
  Destination,
  Isolation,
  JoinOptions,
  Membership,
  MembershipChange,
  MulticastTransport,
  OutgoingInterface,
  OutgoingInterfaceChange,
  PortEvents,
  Refusal,
  SendDrop,
  SendFailure,
  UDPTransport,
  WriteOptions,
} from "./transport.js";
export type { ConnectedUDPPort, MulticastPort, UDPPort } from "./udp-port.js";
