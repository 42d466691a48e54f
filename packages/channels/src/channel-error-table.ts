/**
 * The codes of {@link ChannelError}s: the class that carries each, what it means and what the caller can do.
 *
 * Wrong arguments are `InvalidArgumentError`s with the codes of the shared table; these are the errors that only channels have.
 */

/** Name of an error class of this package, as `error.name` has it. */
export type ChannelErrorClassName = "ChannelStateError" | "ChannelLengthError" | "BrokerError";

/** One row of {@link CHANNEL_ERROR_TABLE}. */
export interface ChannelErrorRow {
  readonly class: ChannelErrorClassName;
  readonly meaning: string;
  readonly remedy: string;
}

/** Code → its row. */
export const CHANNEL_ERROR_TABLE = {
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

/** Every code a {@link ChannelError} can have. */
export type ChannelErrorCode = keyof typeof CHANNEL_ERROR_TABLE;

/** Every code, in table order. */
export const CHANNEL_ERROR_CODES: readonly ChannelErrorCode[] = Object.keys(CHANNEL_ERROR_TABLE) as ChannelErrorCode[];

/** The row of one code, as the general shape. */
export function channelErrorRow(code: ChannelErrorCode): ChannelErrorRow {
  return CHANNEL_ERROR_TABLE[code];
}

/** The codes that errors of one class can have. */
export type ChannelCodeOf<C extends ChannelErrorClassName> = {
  [K in ChannelErrorCode]: (typeof CHANNEL_ERROR_TABLE)[K]["class"] extends C ? K : never;
}[ChannelErrorCode];
