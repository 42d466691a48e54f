export {
  type Arrival,
  BackendLoadError,
  type DatagramBackend,
  type DatagramBatch,
  type Family,
  formatEndpoint,
  type InterfaceAddress,
  type InterfaceFlags,
  maxPayloadBytes,
  type NetworkInterface,
  type Route,
  type SocketAddress,
} from "@groupcast/backend";
export {
  type Clock,
  DatagramError,
  type EventMap,
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
export { DatagramProtocol } from "./datagram-protocol.js";
export type { DelayedCall } from "./delayed-call.js";
export type { InterfaceSelector } from "./interface-selector.js";
export type { AdoptOptions, ConnectOptions, ListenOptions, MulticastListenOptions, PortOptions } from "./listen-options.js";
export { LoopingCall } from "./looping-call.js";
export type { MulticastPort } from "./multicast-port.js";
export type { Network, NetworkChange, NetworkEvents } from "./network.js";
export type { BufferGrant, PortBuffers } from "./port-buffers.js";
export type { PortStatistics } from "./port-statistics.js";
export { type ConnectedUDPPort, Reactor, type ReactorEvents, type ReactorOptions } from "./reactor.js";
export { type ErrorCode, REACTOR_ERRORS } from "./reactor-errors.js";
export type { ResolveOptions, Resolver } from "./resolver.js";
export { CannotListenError, MessageLengthError, MulticastJoinError } from "./system-errors.js";
export type { SystemEvent, TriggerId, TriggerPhase } from "./system-events.js";
export type {
  Destination,
  Isolation,
  JoinOptions,
  Membership,
  MembershipChange,
  MulticastTransport,
  PortEvents,
  Refusal,
  SendDrop,
  SendFailure,
  UDPTransport,
  WriteOptions,
} from "./transport.js";
export type { UDPPort } from "./udp-port.js";
