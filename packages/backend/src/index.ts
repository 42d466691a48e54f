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
  SendFate,
  SocketObserver,
} from "./backend.js";
export { BACKEND_ERRORS, BackendLoadError, type BackendLoadFailure } from "./backend-errors.js";
export { batchDetached, checkIndex, checkOffset, checkRun, checkStart } from "./batch-errors.js";
export { runEndOf, uint32Of } from "./batch-reading.js";
export { type Capability, FEATURE_NAMES, FEATURES, type Feature } from "./capabilities.js";
export { capabilitySet } from "./capability-set.js";
export {
  type Family,
  familyOf,
  isLinkLocal,
  isMulticast,
  MAX_PORT,
  MAX_UDP_LENGTH_BYTES,
  maxPayloadBytes,
  needsZone,
  withoutZone,
  zoneOf,
} from "./ip-facts.js";
export { type InterfaceAddress, type InterfaceFlags, type NetworkInterface, type Route, sameInterface } from "./network-interface.js";
export { OPTION_NAMES, OPTION_TABLE, type OptionName, type OptionRow, optionRow } from "./option-table.js";
export { anyAddress, formatEndpoint, type SocketAddress, socketAddress } from "./socket-address.js";
export {
  MAX_STEERED_PORTS,
  MAX_STEERING_KEY_BYTES,
  MAX_STEERING_NUMBER_BYTES,
  STEERING_HASH,
  type Steering,
  type SteeringByCpu,
  type SteeringByPayload,
  type SteeringBySource,
  steeringHash,
} from "./steering.js";
