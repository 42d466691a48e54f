/** Refusals of the operating system that are common enough for a class of their own. */
import { brandError, SystemError, type SystemFailure } from "@groupcast/base";
import { REACTOR_ERRORS } from "./reactor-errors.js";

declare module "@groupcast/base" {
  interface ErrorTables {
    /** Table of `@groupcast/reactor`. */
    readonly reactor: typeof REACTOR_ERRORS;
  }
  interface ErrorClasses<Code extends string> {
    /** A port that could not be opened. */
    readonly CannotListenError: CannotListenError;
    /** A group that could not be joined. */
    readonly MulticastJoinError: MulticastJoinError;
    /** A datagram that is too long. */
    readonly MessageLengthError: MessageLengthError;
  }
}

/** A port could not be opened or bound: look at `errnoName`, such as `"EADDRINUSE"`. */
export class CannotListenError extends SystemError<"ERR_LISTEN"> {
  static {
    brandError(this, "CannotListenError");
  }
  /** Makes the error. */
  constructor(failure: SystemFailure) {
    super(REACTOR_ERRORS.ERR_LISTEN, failure);
  }
}

/** A group could not be joined: look at `errnoName`, such as `"ENODEV"` or `"ENOBUFS"`. */
export class MulticastJoinError extends SystemError<"ERR_JOIN"> {
  static {
    brandError(this, "MulticastJoinError");
  }
  /** Makes the error. */
  constructor(failure: SystemFailure) {
    super(REACTOR_ERRORS.ERR_JOIN, failure);
  }
}

/** A datagram is longer than UDP, or the path, can carry. Its `errnoName` is `"EMSGSIZE"`. */
export class MessageLengthError extends SystemError<"ERR_MESSAGE_TOO_LONG"> {
  static {
    brandError(this, "MessageLengthError");
  }
  /** Length of the datagram's payload, in bytes. */
  readonly lengthBytes: number;

  /** Makes the error. */
  constructor(lengthBytes: number, failure: SystemFailure) {
    const advice = `send fewer than these ${lengthBytes} bytes in one datagram, because the path to the peer carries less`;
    super(REACTOR_ERRORS.ERR_MESSAGE_TOO_LONG, { advice, ...failure });
    this.lengthBytes = lengthBytes;
  }
}
