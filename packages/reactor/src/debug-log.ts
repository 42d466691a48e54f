import { debuglog } from "node:util";
import { callGuarded } from "@groupcast/base";

const log = debuglog("groupcast");

/** Returns whether `NODE_DEBUG` lists `groupcast`. */
export function isDebugging(): boolean {
  return log.enabled;
}

/** Writes a line to stderr if `NODE_DEBUG` lists `groupcast`. The values may run user code when they are shown, so that is guarded. */
export function debugLog(format: string, ...values: unknown[]): void {
  if (!log.enabled) return;
  callGuarded(
    () => log(format, ...values),
    () => log("(a value throws when it is shown)"),
  );
}
