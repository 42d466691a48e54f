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
export { BACKEND_ERRORS, BackendLoadError } from "./backend-errors.js";
export { type Capability, FEATURE_NAMES, FEATURES, type Feature } from "./capabilities.js";
export type { InterfaceAddress, InterfaceFlags, NetworkInterface, Route } from "./network-interface.js";
export { OPTION_NAMES, OPTION_TABLE, type OptionName, type OptionRow, optionRow } from "./option-table.js";
export { anyAddress, type Family, formatEndpoint, type SocketAddress, socketAddress } from "./socket-address.js";
