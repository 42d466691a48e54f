export {
  type Arrival,
  BackendLoadError,
  CannotListenError,
  type Clock,
  type DatagramBackend,
  type DatagramBatch,
  DatagramError,
  type ErrorCode,
  type Family,
  formatEndpoint,
  type InterfaceAddress,
  type InterfaceFlags,
  InvalidArgumentError,
  isGroupcastError,
  MessageLengthError,
  MulticastJoinError,
  type NetworkInterface,
  type Route,
  type ScheduledCall,
  type SocketAddress,
  StateError,
  SystemError,
  UnsupportedError,
} from "@groupcast/backend";
export { DatagramProtocol } from "./datagram-protocol.js";
export type { DelayedCall } from "./delayed-call.js";
export type { EventMap, Subscribable } from "./emitter.js";
export type { InterfaceSelector } from "./interface-selector.js";
export type { AdoptOptions, ConnectOptions, ListenOptions, MulticastListenOptions, PortOptions } from "./listen-options.js";
export type { LogFields, Logger } from "./logger.js";
export { LoopingCall } from "./looping-call.js";
export type { MulticastPort } from "./multicast-port.js";
export type { Network, NetworkChange, NetworkEvents } from "./network.js";
export type { BufferGrant, PortBuffers } from "./port-buffers.js";
export type { PortStatistics } from "./port-statistics.js";
export { type ConnectedUDPPort, Reactor, type ReactorEvents, type ReactorOptions } from "./reactor.js";
export type { ResolveOptions, Resolver } from "./resolver.js";
export { systemClock } from "./system-clock.js";
export type { SystemEvent, TriggerId, TriggerPhase } from "./system-events.js";
export type {
  Destination,
  Isolation,
  JoinOptions,
  Membership,
  MembershipChange,
  MulticastTransport,
  PortEvents,
  UDPTransport,
  WriteOptions,
} from "./transport.js";
export type { UDPPort } from "./udp-port.js";
