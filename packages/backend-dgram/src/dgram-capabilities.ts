import { BACKEND_ERRORS, type Capability, capabilitySet, type Feature, OPTION_NAMES, type OptionName } from "@groupcast/backend";
import { hideFrames, UnsupportedError } from "@groupcast/base";
import { DGRAM_OPTIONS } from "./dgram-options.js";
import { KNOWS_INTERFACE_INDEXES } from "./interface-indexes.js";

hideFrames(import.meta.url);

export const BACKEND_NAME = "dgram";

/** Features of `node:dgram`. Windows has no descriptors for sockets, so adoption works elsewhere only. */
const FEATURES: readonly Feature[] = [
  ...(process.platform === "win32" ? [] : ["adopt" as const]),
  ...(KNOWS_INTERFACE_INDEXES ? ["interfaceIndexes" as const] : []),
];

/** Returns the capabilities of `node:dgram` on this platform and this version of Node. */
export function dgramCapabilities(): ReadonlySet<Capability> {
  return capabilitySet([...FEATURES, "get unreadDrops", ...OPTION_NAMES.flatMap(optionCapabilities)]);
}

function optionCapabilities(name: OptionName): Capability[] {
  const row = DGRAM_OPTIONS[name];
  if (row === undefined) return [];
  return row.read === undefined && row.initial === undefined ? [`set ${name}`] : [`set ${name}`, `get ${name}`];
}

/** Makes the error of a call that needs `capability`. */
export function unsupportedOperation(operation: string, capability: Feature): UnsupportedError {
  return new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, operation, { backend: BACKEND_NAME, capability });
}

/** Makes the error of setting or getting an option outside the capabilities. */
export function unsupportedOption(operation: string, option: OptionName): UnsupportedError {
  return new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPTION, operation, { backend: BACKEND_NAME }, { option });
}
