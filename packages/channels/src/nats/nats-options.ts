import { checkInteger, checkOptions, checkString, givenOptions, guardLogger, type Logger, outOfRange, stderrLogger } from "@groupcast/base";
import { checkServers } from "./nats-servers.js";
import { type NatsStreamOptions, type ResolvedStream, resolveStream } from "./stream-options.js";

/**
 * Options of the NATS client that many programs need, with its names; the others can be given as well. This type does not import the client's,
 * because programs that do without NATS do not install it.
 */
export interface NatsClientOptions {
  /** Name of the user. */
  readonly user?: string | undefined;
  /** Password of the user. */
  readonly pass?: string | undefined;
  /** Token, in place of user and password. */
  readonly token?: string | undefined;
  /** Authenticator, or several, as functions of the client make them. */
  readonly authenticator?: object | undefined;
  /** Options of TLS, or null, as the client has them. */
  readonly tls?: object | null | undefined;
  /** Name of the connection, which the server shows. */
  readonly name?: string | undefined;
  /** Time to wait for each server that is tried, in milliseconds. Default 5000. */
  readonly timeout?: number | undefined;
  /** Time between two attempts to connect to the same server again, in milliseconds. The next server is tried at once. Default 500. */
  readonly reconnectTimeWait?: number | undefined;
  /** Number of attempts to connect to a server again. Default -1: no limit. */
  readonly maxReconnectAttempts?: number | undefined;
  /** Time between two pings of the server, in milliseconds; the third unanswered one breaks the connection. Default 5000. */
  readonly pingInterval?: number | undefined;
  /** Any other option of the client. */
  readonly [option: string]: unknown;
}

/** Bounds of what waits for the connection. */
export interface OutboxLimits {
  /** Number of messages. */
  readonly maxMessages: number;
  /** Number of payload bytes. */
  readonly maxBytes: number;
}

/** Options of a {@link NatsTransport}. */
export interface NatsTransportOptions {
  /** Address of a server, such as `"nats://192.0.2.1:4222"`, or of several of a cluster, which names the others. Default `"127.0.0.1:4222"`. */
  readonly servers?: string | readonly string[] | undefined;
  /** Prefix of the subjects of all channels; peers with another prefix are on another network. Default `"groupcast"`. */
  readonly prefix?: string | undefined;
  /** Further options of the NATS client: its `NodeConnectionOptions`, except `servers` and `noEcho`. */
  readonly connection?: NatsClientOptions | undefined;
  /**
   * Stream of JetStream that keeps the messages of channels with `reliable`, `history` or `latest`. Needs the package `@nats-io/jetstream`.
   * Default: none; these messages are then delivered at most once, like all others.
   */
  readonly jetStream?: NatsStreamOptions | undefined;
  /** Number of messages that may wait for the connection. A further one discards the oldest, which is counted. Default 10,000. */
  readonly maxWaitingMessages?: number | undefined;
  /** Number of payload bytes that may wait for the connection. Default 16 MiB. */
  readonly maxWaitingBytes?: number | undefined;
  /** Receives errors of event listeners, and errors without a listener. Default: standard error. */
  readonly logger?: Logger | undefined;
}

/** {@link NatsTransportOptions}, checked, with defaults. */
export interface ResolvedNatsOptions {
  readonly prefix: string;
  readonly servers: readonly string[];
  readonly connection: NatsClientOptions;
  readonly limits: OutboxLimits;
  readonly jetStream: ResolvedStream | undefined;
  readonly logger: Logger;
}

const DEFAULT_SERVER = "127.0.0.1:4222";
const DEFAULT_PREFIX = "groupcast";
const PREFIX = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/; // tokens that mean nothing else to NATS
const DEFAULT_WAITING_MESSAGES = 10_000;
const DEFAULT_WAITING_BYTES = 16 * 1024 * 1024;
const RECONNECT_MS = 500;
const DIAL_MS = 5000; // the client tries the server that has just died before the next: all of it is over in less than MAX_RELAYED_WAIT_MS
const PING_MS = 5000; // a connection that is silent for three times as long is replaced
const MAX_SILENT_PINGS = 2;
const KEYS = ["servers", "prefix", "connection", "jetStream", "maxWaitingMessages", "maxWaitingBytes", "logger"] as const;

const IN_CONNECTION = "pass it in the option connection, which goes to the NATS client";
const CLIENT_OPTIONS: Readonly<Record<string, string>> = Object.fromEntries(
  ["user", "pass", "token", "authenticator", "tls", "name", "timeout", "reconnectTimeWait", "maxReconnectAttempts", "pingInterval"].map(
    (option) => [option, IN_CONNECTION],
  ),
);

/** Checks options and adds the defaults. @throws InvalidArgumentError for each option that is unknown or wrong. */
export function resolveNatsOptions(operation: string, given: NatsTransportOptions | undefined): ResolvedNatsOptions {
  const options = checkOptions(operation, given, KEYS, CLIENT_OPTIONS);
  const { maxWaitingMessages = DEFAULT_WAITING_MESSAGES, maxWaitingBytes = DEFAULT_WAITING_BYTES } = options;
  const { prefix = DEFAULT_PREFIX, logger = stderrLogger } = options;
  if (!PREFIX.test(checkString(operation, "prefix", prefix))) {
    throw outOfRange(operation, "prefix", prefix, "letters, digits, - and _, in parts with dots between them");
  }
  return {
    prefix,
    servers: checkServers(operation, options.servers ?? DEFAULT_SERVER),
    logger: guardLogger(logger),
    jetStream: options.jetStream === undefined ? undefined : resolveStream(operation, options.jetStream, prefix),
    limits: {
      maxMessages: checkInteger(operation, "maxWaitingMessages", maxWaitingMessages, [0, 1 << 24]),
      maxBytes: checkInteger(operation, "maxWaitingBytes", maxWaitingBytes, [0, 2 ** 32]),
    },
    connection: {
      timeout: DIAL_MS,
      reconnectTimeWait: RECONNECT_MS,
      maxReconnectAttempts: -1, // for ever
      pingInterval: PING_MS,
      maxPingOut: MAX_SILENT_PINGS,
      ...givenOptions(options.connection ?? {}),
      noEcho: false, // as on multicast with loopback on, a node hears itself
    },
  };
}
