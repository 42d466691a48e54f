export type {
  Arrival,
  BackendNetwork,
  DatagramBackend,
  DatagramBatch,
  DatagramSocket,
  Outcome,
  PacketOrigin,
  ReadLimits,
  SendBatch,
  SocketObserver,
} from "./backend.js";
export { type Capability, FEATURE_NAMES, FEATURES, type Feature } from "./capabilities.js";
export type { Clock, ScheduledCall } from "./clock.js";
export { errnoName, errnoOf, errnoText } from "./errno.js";
export { type CodeOf, ERROR_CODES, ERROR_TABLE, type ErrorClassName, type ErrorCode, type ErrorRow, errorRow } from "./error-table.js";
export {
  BackendLoadError,
  CannotListenError,
  DatagramError,
  type ErrorSubject,
  type InvalidArgument,
  InvalidArgumentError,
  isGroupcastError,
  MessageLengthError,
  MulticastJoinError,
  StateError,
  SystemError,
  type SystemFailure,
  UnsupportedError,
} from "./errors.js";
export type { InterfaceAddress, InterfaceFlags, NetworkInterface, Route } from "./network-interface.js";
export { OPTION_NAMES, OPTION_TABLE, type OptionName, type OptionRow, optionRow } from "./option-table.js";
export { anyAddress, type Family, formatEndpoint, type SocketAddress, socketAddress } from "./socket-address.js";
