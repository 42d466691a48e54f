import { debuglog, formatWithOptions } from "node:util";
import { callGuarded } from "@groupcast/base";

const log = debuglog("groupcast");
const ONE_LINE = { breakLength: Number.POSITIVE_INFINITY }; // so that grep finds whole events; only stacks take more lines

/** Returns whether `NODE_DEBUG` lists `groupcast`. */
export function isDebugging(): boolean {
  return log.enabled;
}

/** Writes one line to stderr if `NODE_DEBUG` lists `groupcast`. The values may run user code when they are shown, so that is guarded. */
export function debugLog(format: string, ...values: unknown[]): void {
  if (!log.enabled) return;
  callGuarded(
    () => log("%s", formatWithOptions(ONE_LINE, format, ...values)),
    () => log("(a value throws when it is shown)"),
  );
}
