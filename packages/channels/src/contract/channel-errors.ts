/** The errors that only channels have. Wrong arguments are `InvalidArgumentError`s, as in the other packages. */
import {
  brandError,
  defineErrors,
  type ErrorDefinition,
  type ErrorDefinitions,
  OperationError,
  reasonOf,
  type SubjectWords,
} from "@groupcast/base";

const TABLE = {
  ERR_CHANNEL_NAME: {
    class: "InvalidArgumentError",
    meaning: "is not the name of a channel",
    remedy: "use 1 to 255 ASCII characters, namespace included",
  },
  ERR_NODE_CLOSED: { class: "ChannelStateError", meaning: "the node is closed", remedy: "make a new ChannelNode" },
  ERR_TRANSPORT_CLOSED: {
    class: "ChannelStateError",
    meaning: "the transport is closed",
    remedy: "open a new one; a closed one stays closed",
  },
  ERR_CHANNEL_OPEN: {
    class: "ChannelStateError",
    meaning: "the channel is open already",
    remedy: "pass options the first time a channel is asked for, and none later",
  },
  ERR_CHANNEL_MESSAGE_TOO_LONG: {
    class: "ChannelLengthError",
    meaning: "the message is longer than the channel carries",
    remedy: "send less at once, or open the channel with fragment: true",
  },
  ERR_BROKER_UNREACHABLE: {
    class: "BrokerError",
    meaning: "no NATS server answered",
    remedy: "check the address, the network and that the server runs; cause says what was tried last",
  },
  ERR_BROKER_REFUSED: {
    class: "BrokerError",
    meaning: "the NATS server refused the login",
    remedy: "check user, password, token or credentials",
  },
  ERR_BROKER_PERMISSION: {
    class: "BrokerError",
    meaning: "the NATS server does not permit the subject",
    remedy: "let the user publish and subscribe below the prefix; cause names the subject",
  },
  ERR_BROKER_FAILED: {
    class: "BrokerError",
    meaning: "the NATS server reported an error",
    remedy: "read the cause; the connection goes on if it can",
  },
} as const;

/** The errors of channels: code → its class, its meaning, and advice. */
export const CHANNEL_ERRORS: ErrorDefinitions<typeof TABLE> = defineErrors(TABLE);

/** Every code in {@link CHANNEL_ERRORS}. */
export type ChannelErrorCode = keyof typeof TABLE;

/** Subject of an error. Fields that do not apply are absent. */
export interface ChannelErrorSubject {
  /** Name of the channel, namespace included. */
  readonly channel?: string;
  /** Addresses of the NATS servers, separated by commas. */
  readonly servers?: string;
}

const WORDS: SubjectWords<ChannelErrorSubject> = { channel: "channel", servers: "" };

/** Common ancestor of the errors that only channels have. */
export abstract class ChannelError extends OperationError<ChannelErrorSubject> implements ChannelErrorSubject {
  static {
    brandError(this, "ChannelError");
  }
  /** {@inheritDoc ChannelErrorSubject.channel} */
  declare readonly channel?: string;
  /** {@inheritDoc ChannelErrorSubject.servers} */
  declare readonly servers?: string;

  /** Makes an error; its subclasses say which. */
  constructor(operation: string, reason: string, subject: ChannelErrorSubject, cause?: unknown) {
    super({ operation, reason, words: WORDS, subject, cause });
  }
}

/** The call is right, the moment is wrong: call in another order. */
export class ChannelStateError<Code extends string = string> extends ChannelError {
  static {
    brandError(this, "ChannelStateError");
  }
  /** Code of the state that forbids the call. Programs match on it, never on the message. */
  readonly code: Code;

  /** Makes the error for a row of {@link CHANNEL_ERRORS}. */
  constructor(definition: ErrorDefinition<Code, "ChannelStateError">, operation: string, subject: ChannelErrorSubject = {}) {
    super(operation, reasonOf(definition), subject);
    this.code = definition.code;
  }
}

/** A message is longer than its channel carries. */
export class ChannelLengthError extends ChannelError {
  static {
    brandError(this, "ChannelLengthError");
  }
  /** Always `ERR_CHANNEL_MESSAGE_TOO_LONG`. */
  readonly code = "ERR_CHANNEL_MESSAGE_TOO_LONG" as const;
  /** Length of the message, in bytes. */
  readonly lengthBytes: number;
  /** Length of the longest message that the channel carries, in bytes. */
  readonly maxBytes: number;

  /** Makes the error for a message of `lengthBytes` on a channel that carries at most `maxBytes`. */
  constructor(channel: string, lengthBytes: number, maxBytes: number) {
    const { remedy } = CHANNEL_ERRORS.ERR_CHANNEL_MESSAGE_TOO_LONG;
    super("publish", `${lengthBytes} bytes, at most ${maxBytes} fit; ${remedy}`, { channel });
    this.lengthBytes = lengthBytes;
    this.maxBytes = maxBytes;
  }
}

/** The NATS server did not answer, or refused. */
export class BrokerError<Code extends string = string> extends ChannelError {
  static {
    brandError(this, "BrokerError");
  }
  /** Code of the failure. Programs match on it, never on the message. */
  readonly code: Code;

  /** Makes the error for a row of {@link CHANNEL_ERRORS}. */
  constructor(definition: ErrorDefinition<Code, "BrokerError">, operation: string, subject: ChannelErrorSubject = {}, cause?: unknown) {
    super(operation, reasonOf(definition), subject, cause);
    this.code = definition.code;
  }
}
