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
export { serveWorker, type WorkerSeat } from "./workers/serve-worker.js";
export {
  startWorkers,
  type WorkerDeath,
  type WorkerRestart,
  type Workers,
  type WorkersEvents,
  type WorkersStatistics,
} from "./workers/workers.js";
export type { WorkerListenOptions, WorkerSteering, WorkersOptions } from "./workers/workers-options.js";
