import { brandError, DatagramError, defineErrors, type ErrorDefinitions, preview } from "@groupcast/base";

const TABLE = {
  ERR_ADDRESS_NOT_IP: {
    class: "InvalidArgumentError",
    meaning: "is not an IP address",
    remedy: "pass an IP literal; reactor.resolve() turns a name into one",
  },
  ERR_INTERFACE_UNKNOWN: {
    class: "InvalidArgumentError",
    meaning: "is no interface of this host",
    remedy: "pick one of network.interfaces()",
  },
  ERR_UNSUPPORTED_OPERATION: {
    class: "UnsupportedError",
    meaning: "this backend cannot do it",
    remedy: "check reactor.backend.capabilities; the native backend on Linux can do most",
  },
  ERR_UNSUPPORTED_OPTION: {
    class: "UnsupportedError",
    meaning: "this backend does not have the option",
    remedy: "check reactor.backend.capabilities; the native backend on Linux has most",
  },
  ERR_BACKEND_LOAD: {
    class: "BackendLoadError",
    meaning: "the backend could not be loaded",
    remedy: "read the cause; GROUPCAST_BACKEND=dgram uses node:dgram",
  },
} as const;

/** Errors of backends: features and options that one lacks, and names that no network knows. */
export const BACKEND_ERRORS: ErrorDefinitions<typeof TABLE> = defineErrors(TABLE);

/** A backend could not be loaded: its addon is missing, or does not fit this Node. `cause` has the reason. */
export class BackendLoadError extends DatagramError {
  static {
    brandError(this, "BackendLoadError");
  }
  /** Always `ERR_BACKEND_LOAD`. */
  readonly code = "ERR_BACKEND_LOAD" as const;

  /** Makes the error. @param backend - Name of the backend. @param reason - Cause and advice, for the message. */
  constructor(backend: string, reason: string, cause?: unknown) {
    super(`load backend ${preview(backend)}`, reason, {}, cause);
  }
}
