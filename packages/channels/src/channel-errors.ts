import { type ChannelCodeOf, type ChannelErrorClassName, type ChannelErrorCode, channelErrorRow } from "./channel-error-table.js";

const BRAND = Symbol.for("groupcast.error"); // isGroupcastError() knows errors by it, of whichever copy of the package

/** What an error is about; fields that do not apply are absent. */
export interface ChannelErrorSubject {
  readonly channel?: string;
  readonly servers?: string;
  readonly cause?: unknown;
}

/** Common ancestor of the errors that only channels have. */
export abstract class ChannelError extends Error {
  static {
    brand(this, "ChannelError");
  }
  abstract readonly code: ChannelErrorCode;
  readonly operation: string;
  declare readonly channel?: string;
  declare readonly servers?: string;

  constructor(operation: string, reason: string, { cause, ...subject }: ChannelErrorSubject) {
    super(`Cannot ${operation}${describe(subject)}: ${reason}`, cause === undefined ? undefined : { cause });
    this.operation = operation;
    Object.assign(this, subject);
  }
}

/** The call is right, the moment is wrong: mend the order. */
export class ChannelStateError extends ChannelError {
  static {
    brand(this, "ChannelStateError");
  }
  readonly code: ChannelCodeOf<"ChannelStateError">;

  constructor(code: ChannelCodeOf<"ChannelStateError">, operation: string, subject: ChannelErrorSubject = {}) {
    super(operation, reasonOf(code), subject);
    this.code = code;
  }
}

/** A message is longer than its channel carries. */
export class ChannelLengthError extends ChannelError {
  static {
    brand(this, "ChannelLengthError");
  }
  readonly code = "ERR_CHANNEL_MESSAGE_TOO_LONG" as const;
  readonly lengthBytes: number;
  readonly maxBytes: number;

  constructor(channel: string, lengthBytes: number, maxBytes: number) {
    super("publish", `${lengthBytes} bytes, at most ${maxBytes} fit; ${channelErrorRow("ERR_CHANNEL_MESSAGE_TOO_LONG").remedy}`, {
      channel,
    });
    this.lengthBytes = lengthBytes;
    this.maxBytes = maxBytes;
  }
}

/** The NATS server is not there, or said no. */
export class BrokerError extends ChannelError {
  static {
    brand(this, "BrokerError");
  }
  readonly code: ChannelCodeOf<"BrokerError">;

  constructor(code: ChannelCodeOf<"BrokerError">, operation: string, subject: ChannelErrorSubject = {}) {
    super(operation, reasonOf(code), subject);
    this.code = code;
  }
}

/** `name` and brand live on the prototype, so that errors print their class and carry no extra fields. */
function brand(errorClass: { readonly prototype: object }, name: ChannelErrorClassName | "ChannelError"): void {
  Object.defineProperty(errorClass.prototype, "name", { value: name, configurable: true, writable: true });
  Object.defineProperty(errorClass.prototype, BRAND, { value: true });
}

function reasonOf(code: ChannelErrorCode): string {
  const { meaning, remedy } = channelErrorRow(code);
  return `${meaning}; ${remedy}`;
}

function describe({ channel, servers }: ChannelErrorSubject): string {
  let text = "";
  if (channel !== undefined) text += ` channel ${JSON.stringify(channel)}`;
  if (servers !== undefined) text += ` ${JSON.stringify(servers)}`;
  return text;
}
