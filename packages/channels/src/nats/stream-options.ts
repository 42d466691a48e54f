/** Options of the stream that keeps a transport's reliable channels, checked. */
import { checkInteger, checkOptions, checkString, outOfRange, wrongType } from "@groupcast/base";
import { checkWireName } from "../contract/channel-name.js";
import { subjectForPattern } from "./nats-subject.js";

/** A stream of JetStream that keeps the messages of reliable channels. */
export interface NatsStreamOptions {
  /** Name of the stream: letters, digits, `-` and `_`. Default: the prefix, with `_` for its dots. */
  readonly stream?: string | undefined;
  /**
   * Channels that the stream takes, names or patterns as in a {@link RelayRule}. The transport then creates the stream if it does not
   * exist, and does not change an existing one. Default: the stream has to exist.
   */
  readonly channels?: readonly string[] | undefined;
  /** Messages of each channel that a created stream keeps, 1 … 2 ** 31; it drops the oldest. Default 1000. */
  readonly messagesPerChannel?: number | undefined;
  /** Bytes that a created stream keeps, 65,536 … 2 ** 50; it drops the oldest. Default 256 MiB. */
  readonly bytes?: number | undefined;
}

/** {@link NatsStreamOptions}, checked, with defaults. */
export interface ResolvedStream {
  readonly stream: string;
  readonly subjects: readonly string[]; // of a stream to be made
  readonly messagesPerChannel: number;
  readonly bytes: number;
}

const NAME = /^[A-Za-z0-9_-]{1,255}$/;
const DEFAULT_MESSAGES = 1000;
const DEFAULT_BYTES = 256 * 1024 * 1024;
const KEYS = ["stream", "channels", "messagesPerChannel", "bytes"] as const;

/** Checks options and adds the defaults. @throws InvalidArgumentError for each option that is unknown or wrong. */
export function resolveStream(operation: string, given: NatsStreamOptions, prefix: string): ResolvedStream {
  const options = checkOptions(operation, given, KEYS);
  const { stream = prefix.replaceAll(".", "_"), channels = [] } = options;
  const { messagesPerChannel = DEFAULT_MESSAGES, bytes = DEFAULT_BYTES } = options;
  if (!NAME.test(checkString(operation, "stream", stream)))
    throw outOfRange(operation, "stream", stream, "1 to 255 letters, digits, - and _");
  if (!Array.isArray(channels)) throw wrongType(operation, "channels", channels, "an array of names and patterns of channels");
  return {
    stream,
    subjects: channels.map((channel: string) => subjectForPattern(prefix, checkWireName(operation, channel, "channels"))),
    messagesPerChannel: checkInteger(operation, "messagesPerChannel", messagesPerChannel, [1, 2 ** 31]),
    bytes: checkInteger(operation, "bytes", bytes, [1 << 16, 2 ** 50]),
  };
}
