/** The errors that only channels have. Wrong arguments are `InvalidArgumentError`s, as in the other packages. */
import {
  brandError,
  defineErrors,
  type ErrorDefinition,
  type ErrorDefinitions,
  hideFrames,
  OperationError,
  type OperationFailure,
  type SubjectWords,
} from "@groupcast/base";

hideFrames(import.meta.url);

const TABLE = {
  ERR_CHANNEL_NAME: {
    class: "InvalidArgumentError",
    meaning: "is not a channel name",
    remedy: "pass 1 to 255 ASCII characters, namespace included",
  },
  ERR_NODE_CLOSED: {
    class: "ChannelStateError",
    meaning: "the node is closed",
    remedy: "create a new ChannelNode, because a closed one stays closed",
  },
  ERR_CHANNEL_CLOSED: {
    class: "ChannelStateError",
    meaning: "the channel is closed",
    remedy: "call node.channel() with its name again, because a closed one stays closed",
  },
  ERR_TRANSPORT_CLOSED: {
    class: "ChannelStateError",
    meaning: "the transport is closed",
    remedy: "create a new transport, because a closed one stays closed",
  },
  ERR_CHANNEL_OPEN: {
    class: "ChannelStateError",
    meaning: "the channel is already open",
    remedy: "pass options in the node's first call for this channel, or after channel.close()",
  },
  ERR_CHANNEL_MESSAGE_TOO_LONG: {
    class: "ChannelLengthError",
    meaning: "the message is too long for the channel",
    remedy: "publish a shorter message, or open the channel with fragment: true",
  },
  ERR_CHANNEL_MESSAGES_ONLY: {
    class: "InvalidArgumentError",
    meaning: "needs a network that carries more than plain messages",
    remedy: "leave the option out, or use UdpTransport or NatsTransport, because programs on this network understand only messages",
  },
  ERR_CHANNEL_LCM_NAME: {
    class: "InvalidArgumentError",
    meaning: "is not a channel name that LCM carries",
    remedy: "choose a name of 1 to 63 ASCII characters without NUL, namespace included; requests on the channel take 19 of them",
  },
  ERR_CHANNEL_ASKED_NAME: {
    class: "ChannelStateError",
    meaning: "the channel's name is too long for requests",
    remedy: "choose a name of at most 236 characters (213 with challenges), namespace included",
  },
  ERR_CHANNEL_RESPONDER: {
    class: "ChannelStateError",
    meaning: "this node already has a responder on the channel",
    remedy: "close the other one first, or let it answer both",
  },
  ERR_CHANNEL_REQUESTS: {
    class: "ChannelStateError",
    meaning: "too many requests of this node are pending",
    remedy: "wait until some of the 1024 are done",
  },
  ERR_CHANNEL_REQUEST_TIMEOUT: {
    class: "RequestTimeoutError",
    meaning: "no answer came",
    remedy: "check that a node answers on this channel, with the same options, and that both are on one network",
  },
  ERR_CHANNEL_ANSWER: {
    class: "AnswerError",
    meaning: "answered with the error",
    remedy: "read error.answerCode and error.answerMessage, which are the responder's",
  },
  ERR_PARAMETER_NAME: {
    class: "InvalidArgumentError",
    meaning: "is not a parameter name",
    remedy: "use 1 to 64 letters, digits, _, ., - and /",
  },
  ERR_PARAMETER_UNKNOWN: {
    class: "ParameterError",
    meaning: "the node has no such parameter",
    remedy: "look at the names that list() returns",
  },
  ERR_PARAMETER_TYPE: {
    class: "ParameterError",
    meaning: "the value has the wrong type",
    remedy: "pass a value of the type that list() shows",
  },
  ERR_PARAMETER_RANGE: {
    class: "ParameterError",
    meaning: "the value is not allowed",
    remedy: "pass a value within the bounds that list() shows",
  },
  ERR_PARAMETER_READ_ONLY: {
    class: "ParameterError",
    meaning: "the parameter is read-only",
    remedy: "change its definition, because nobody can set it",
  },
  ERR_PARAMETER_NOT_SETTABLE: {
    class: "ParameterError",
    meaning: "other nodes may not set the parameter",
    remedy: "define it with settable: true on the node that has it, and give the node a seal",
  },
  ERR_PARAMETER_NODE_UNKNOWN: {
    class: "ParameterError",
    meaning: "no node of this name is known",
    remedy: "check that both nodes send heartbeats on one network with the same seal, or pass the session of the node",
  },
  ERR_PARAMETER_NODE_AMBIGUOUS: {
    class: "ParameterError",
    meaning: "several nodes have this name",
    remedy: "pass the session of the one you mean: it is in node.nodes",
  },
  ERR_NATS_CLIENT_MISSING: {
    class: "ChannelStateError",
    meaning: "the NATS client could not be loaded",
    remedy: "run npm install @nats-io/transport-node@3.3.1, because @groupcast/channels does not install it by itself",
  },
  ERR_MESSAGEPACK_MISSING: {
    class: "ChannelStateError",
    meaning: "the MessagePack library could not be loaded",
    remedy: "run npm install @msgpack/msgpack@3.1.3, because @groupcast/channels does not install it by itself",
  },
  ERR_BROKER_UNREACHABLE: {
    class: "BrokerError",
    meaning: "no NATS server answered",
    remedy: "check the address, and that the server is running and reachable (error.cause says what failed)",
  },
  ERR_BROKER_REFUSED: {
    class: "BrokerError",
    meaning: "the NATS server refused the login",
    remedy: "check user and pass, token or authenticator in the option connection",
  },
  ERR_BROKER_CERTIFICATE: {
    class: "BrokerError",
    meaning: "the certificate of the NATS server is not trusted",
    remedy:
      "pass its certificate authority as ca or caFile in connection.tls, and an address that the certificate names (error.cause says what failed)",
  },
  ERR_BROKER_PERMISSION: {
    class: "BrokerError",
    meaning: "the NATS server does not permit the subject",
    remedy: "allow the user the subject of the channel: the guide Many sites lists the subjects (error.cause names this one)",
  },
  ERR_JETSTREAM_CLIENT_MISSING: {
    class: "ChannelStateError",
    meaning: "the package @nats-io/jetstream is not installed",
    remedy: "run npm install @nats-io/jetstream@3.3.1, because @groupcast/channels does not install it by itself",
  },
  ERR_BROKER_NO_JETSTREAM: {
    class: "BrokerError",
    meaning: "the NATS server or the user's account has no JetStream",
    remedy: "add jetstream to its configuration, or leave out the option jetStream: messages are then delivered at most once",
  },
  ERR_BROKER_STREAM: {
    class: "BrokerError",
    meaning: "the stream is not available, or does not take the channel",
    remedy: "create the stream with the subject of the channel, or name the channel in jetStream.channels (error.cause says what failed)",
  },
  ERR_BROKER_NOT_STORED: {
    class: "BrokerError",
    meaning: "the stream has not confirmed that it stored the message",
    remedy: "read error.cause: the stream may be full, or did not answer for half a minute and may have stored the message",
  },
  ERR_BROKER_FAILED: {
    class: "BrokerError",
    meaning: "the NATS server reported an error",
    remedy: "read error.cause, and wait, because the connection continues if it can",
  },
} as const;

/** The errors of channels: code → its class, its meaning, and advice. */
export const CHANNEL_ERRORS: ErrorDefinitions<typeof TABLE> = defineErrors(TABLE);

declare module "@groupcast/base" {
  interface ErrorTables {
    /** Table of `@groupcast/channels`. */
    readonly channels: typeof CHANNEL_ERRORS;
  }
  interface ErrorClasses<Code extends string> {
    /** A call at the wrong moment, on a channel, node or transport. */
    readonly ChannelStateError: ChannelStateError<Code>;
    /** A message that is too long for its channel. */
    readonly ChannelLengthError: ChannelLengthError;
    /** A NATS server did not answer, or refused. */
    readonly BrokerError: BrokerError<Code>;
  }
}

/** Every code in {@link CHANNEL_ERRORS}. */
export type ChannelErrorCode = keyof typeof TABLE;

/** Subject of an error. Fields that do not apply are absent. */
export interface ChannelErrorSubject {
  /** Name of the channel, namespace included; or the pattern of a relay. */
  readonly channel?: string;
  /** Addresses of the NATS servers, separated by commas; without the names, passwords and tokens in them. */
  readonly servers?: string;
  /** Name of the parameter. */
  readonly parameter?: string;
  /** Name or session of the node that has the parameter. */
  readonly node?: string;
}

const WORDS: SubjectWords<ChannelErrorSubject> = { channel: "channel", servers: "servers", parameter: "parameter", node: "node" };

/** Common ancestor of the errors that only channels have. */
export abstract class ChannelError extends OperationError<ChannelErrorSubject> implements ChannelErrorSubject {
  static {
    brandError(this, "ChannelError");
  }
  /** {@inheritDoc ChannelErrorSubject.channel} */
  declare readonly channel?: string;
  /** {@inheritDoc ChannelErrorSubject.servers} */
  declare readonly servers?: string;
  /** {@inheritDoc ChannelErrorSubject.parameter} */
  declare readonly parameter?: string;
  /** {@inheritDoc ChannelErrorSubject.node} */
  declare readonly node?: string;

  /** Makes an error of a subclass. */
  constructor(failure: Omit<OperationFailure<ChannelErrorSubject>, "words">) {
    super({ ...failure, words: WORDS });
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
  constructor(
    definition: ErrorDefinition<Code, "ChannelStateError">,
    operation: string,
    subject: ChannelErrorSubject = {},
    cause?: unknown,
  ) {
    super({ operation, reason: definition.meaning, remedy: definition.remedy, subject, cause });
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
  constructor(channel: string, lengthBytes: number, maxBytes: number, operation = "publish") {
    const { remedy } = CHANNEL_ERRORS.ERR_CHANNEL_MESSAGE_TOO_LONG;
    super({
      operation,
      reason: `the message has ${lengthBytes} bytes, and at most ${maxBytes} fit`,
      remedy,
      subject: { channel },
    });
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
    super({ operation, reason: definition.meaning, remedy: definition.remedy, subject, cause });
    this.code = definition.code;
  }
}
