import type { Cluster } from "node:cluster";
import { BackendLoadError, chooseBackend } from "groupcast";
import { dgramMode } from "./dgram-mode.js";

/**
 * Returns why `node:dgram` has to stay in place, as a sentence for people; undefined where Groupcast can take it.
 *
 * @throws BackendLoadError `ERR_BACKEND_LOAD`: GROUPCAST_BACKEND asks for a backend that cannot be loaded.
 */
export function reasonToStepAside(): string | undefined {
  if (dgramMode() === "off") return "GROUPCAST_DGRAM is off";
  // Workers of a cluster share the sockets of its primary, which passes them on between the insides of node:dgram.
  if (isWorkerOfCluster()) return "this process is a worker of node:cluster";
  const isAskedFor = Boolean(process.env.GROUPCAST_BACKEND);
  try {
    const { name, reason } = chooseBackend();
    return name === "native" || isAskedFor ? undefined : reason; // on node:dgram, Groupcast would only cost
  } catch (error) {
    if (isAskedFor || !(error instanceof BackendLoadError)) throw error;
    return error.message; // neither backend serves Bun and Deno
  }
}

/** Loads the module only in a process that has a parent to talk to: it takes a millisecond or two, and brings child_process along. */
function isWorkerOfCluster(): boolean {
  return process.send !== undefined && (process.getBuiltinModule("node:cluster") as unknown as Cluster).isWorker;
}
