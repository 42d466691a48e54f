export { type DiagnoseOptions, diagnose } from "./diagnose-host.js";
export { type DiagnosePortOptions, diagnosePort } from "./diagnose-port.js";
export { type HostFiles, hostFiles, type Read, type Reading, type Unread } from "./host-files.js";
export {
  type DefaultInterface,
  type InterfaceFacts,
  type InterfaceReport,
  type JoinedGroup,
  type PossibleMember,
  reportInterfaces,
} from "./interface-report.js";
export type { LinkKind } from "./kernel/links.js";
export type { MulticastRoute } from "./kernel/routes.js";
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
