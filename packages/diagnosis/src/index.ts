export { type DiagnoseOptions, diagnose } from "./diagnose-host.js";
export { type DiagnosePortOptions, diagnosePort } from "./diagnose-port.js";
export { type HostFiles, hostFiles, isUnread, type Read, type Reading, type Unread } from "./host-files.js";
export {
  type DefaultInterface,
  type InterfaceFacts,
  type InterfaceReport,
  isKernelGroup,
  type JoinedGroup,
  type PossibleMember,
  reportInterfaces,
} from "./interface-report.js";
export { type Counter, type Counters, readCounters } from "./kernel/counters.js";
export { type InterfaceTraffic, readInterfaceTraffic } from "./kernel/interface-traffic.js";
export type { LinkKind } from "./kernel/links.js";
export { type KernelMembership, readMemberships } from "./kernel/memberships.js";
export { findSocketOwners, type HostProcess, type SocketOwners } from "./kernel/processes.js";
export type { MulticastRoute } from "./kernel/routes.js";
export { readUDPSockets, type UDPSocket } from "./kernel/udp-sockets.js";
export type { KernelDrop } from "./trace/drop-trace.js";
export { CAUSES, type CauseId } from "./verdict/cause-id.js";
export {
  type ArrivalChange,
  type CauseFound,
  type CauseGone,
  changesBetween,
  type DiagnosisChange,
  type VersionChange,
} from "./verdict/changes.js";
export type {
  ArrivalSummary,
  ClearedCause,
  Diagnosis,
  Evidence,
  Finding,
  Fix,
  Likelihood,
  QuerierTraces,
  UncheckedCause,
} from "./verdict/diagnosis.js";
export { QuerierWatch } from "./verdict/querier-watch.js";
