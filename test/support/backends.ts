// The real backends, for tests that run on each.
import { BackendLoadError, chooseBackend } from "groupcast";
import type { Probe } from "./probe.js";

export const BACKENDS = ["native", "dgram"] as const;
export type BackendName = (typeof BACKENDS)[number];

/** Whether this host can load a backend; the reason of a skip is what the loader says. */
export function canLoad(name: BackendName): Probe {
  return async () => {
    try {
      chooseBackend(name);
      return { isAvailable: true, reason: "" };
    } catch (error) {
      if (!(error instanceof BackendLoadError)) throw error;
      return { isAvailable: false, reason: error.message };
    }
  };
}
