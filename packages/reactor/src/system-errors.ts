/** What the operating system refuses often enough to have a class of its own. */
import { brandError, SystemError, type SystemFailure } from "@groupcast/base";
import { REACTOR_ERRORS } from "./reactor-errors.js";

/** A port could not be opened or bound. */
export class CannotListenError extends SystemError<"ERR_LISTEN"> {
  static {
    brandError(this, "CannotListenError");
  }
  constructor(failure: SystemFailure) {
    super(REACTOR_ERRORS.ERR_LISTEN, failure);
  }
}

/** A group could not be joined. */
export class MulticastJoinError extends SystemError<"ERR_JOIN"> {
  static {
    brandError(this, "MulticastJoinError");
  }
  constructor(failure: SystemFailure) {
    super(REACTOR_ERRORS.ERR_JOIN, failure);
  }
}

/** A datagram is longer than UDP, or the path, can carry. */
export class MessageLengthError extends SystemError<"ERR_MESSAGE_TOO_LONG"> {
  static {
    brandError(this, "MessageLengthError");
  }
  /** Length of the datagram, in bytes. */
  readonly lengthBytes: number;

  constructor(lengthBytes: number, failure: SystemFailure) {
    const definition = REACTOR_ERRORS.ERR_MESSAGE_TOO_LONG;
    super(definition, { advice: `${lengthBytes} bytes; ${definition.remedy}`, ...failure });
    this.lengthBytes = lengthBytes;
  }
}
