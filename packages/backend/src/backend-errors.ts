import { brandError, DatagramError, defineErrors, type ErrorDefinitions, hideFrames } from "@groupcast/base";

hideFrames(import.meta.url);

const TABLE = {
  ERR_ADDRESS_NOT_IP: {
    class: "InvalidArgumentError",
    meaning: "is not an IP address",
    remedy: "pass an IP literal, such as the one that reactor.resolve() returns for a name",
  },
  ERR_INTERFACE_UNKNOWN: {
    class: "InvalidArgumentError",
    meaning: "is not an interface of this host",
    remedy: "pick one of network.interfaces()",
  },
  ERR_UNSUPPORTED_OPERATION: {
    class: "UnsupportedError",
    meaning: "cannot do this",
    remedy: "check reactor.backend.capabilities first, or use the native backend on Linux",
  },
  ERR_UNSUPPORTED_OPTION: {
    class: "UnsupportedError",
    meaning: "does not have this option",
    remedy: "check reactor.backend.capabilities first, or use the native backend on Linux",
  },
  ERR_BATCH_DETACHED: {
    class: "StateError",
    meaning: "the memory of these datagrams was transferred",
    remedy: "transfer what copy() returns, not the memory of a view",
  },
  ERR_BACKEND_LOAD: {
    class: "BackendLoadError",
    meaning: "the backend could not be loaded",
    remedy: "leave the choice to chooseBackend(), which falls back to node:dgram, or set GROUPCAST_BACKEND=dgram",
  },
} as const;

/** Errors of backends: features and options that one lacks, and names that no network knows. */
export const BACKEND_ERRORS: ErrorDefinitions<typeof TABLE> = defineErrors(TABLE);

declare module "@groupcast/base" {
  interface ErrorTables {
    /** Table of `@groupcast/backend`. */
    readonly backend: typeof BACKEND_ERRORS;
  }
  interface ErrorClasses<Code extends string> {
    /** A backend that could not be loaded. */
    readonly BackendLoadError: BackendLoadError;
  }
}

/** A backend could not be loaded: its addon is missing, or does not fit this Node. `cause` has the reason. */
export class BackendLoadError extends DatagramError {
  static {
    brandError(this, "BackendLoadError");
  }
  /** Always `ERR_BACKEND_LOAD`. */
  readonly code = "ERR_BACKEND_LOAD" as const;
  /** Cause, as half a sentence. */
  readonly reason: string;

  /** Makes the error. @param backend - Name of the backend. @param reason - Cause, for the message. @param remedy - Advice of its own. */
  constructor(backend: string, reason: string, { cause, remedy = BACKEND_ERRORS.ERR_BACKEND_LOAD.remedy }: BackendLoadFailure = {}) {
    super({ operation: `load the ${backend} backend`, reason, remedy, cause });
    this.reason = reason;
  }
}

/** Further fields of a {@link BackendLoadError}. */
export interface BackendLoadFailure {
  /** The error behind it. */
  readonly cause?: unknown;
  /** Advice in place of that of the table. */
  readonly remedy?: string;
}
