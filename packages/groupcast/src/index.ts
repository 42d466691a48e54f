export type {
  ArrivalSummary,
  CauseId,
  ClearedCause,
  DiagnosePortOptions,
  Diagnosis,
  Evidence,
  Finding,
  Fix,
  Likelihood,
  UncheckedCause,
} from "@groupcast/diagnosis";
export * from "@groupcast/reactor";
export { chooseBackend } from "./choose-backend.js";
export { type Once, type OnceOptions, once } from "./events.js";
export { Reactor, type ReactorOptions } from "./reactor.js";
