import type { SocketAddress } from "@groupcast/backend";
import { checkBoolean, checkFunction, checkInteger, checkOptions, checkSignal, planAttempts } from "@groupcast/base";
import type { Destination } from "../transport.js";

/** Options of {@link Requester.request}. */
export interface RequestOptions {
  /** Destination; on a connected port nothing, or the peer. It may be a group: the first answer of a member counts. */
  readonly to?: Destination | undefined;
  /**
   * Returns whether a datagram is the answer; it compares the request's identifier, so that parallel requests get their own answers.
   * Default: any datagram of the right sender. An error that it throws counts as false.
   */
  readonly match?: ((data: Buffer, from: SocketAddress) => boolean) | undefined;
  /**
   * Milliseconds until the request fails, all attempts together, 1 … 2,147,483,647. Default: the time that the attempts need, 7,000 for
   * three.
   */
  readonly timeoutMs?: number | undefined;
  /** Number of times that the query is sent at most, 1 … 16. Default: 3. */
  readonly attempts?: number | undefined;
  /** Whether the answer may come from any address, as from a TFTP server. Default: only for groups, 255.255.255.255, 0.0.0.0 and ::. */
  readonly anySource?: boolean | undefined;
  /** Signal that ends the request; the promise then rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** {@link RequestOptions} with defaults applied. */
export interface ResolvedRequestOptions {
  readonly to: Destination | undefined;
  readonly match: (data: Buffer, from: SocketAddress) => unknown;
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Wait for an answer to the first attempt, before jitter. */
  readonly firstWaitMs: number;
  readonly anySource: boolean | undefined;
  readonly signal: AbortSignal | undefined;
}

const NAMES = ["to", "match", "timeoutMs", "attempts", "anySource", "signal"] as const;
const DEFAULT_ATTEMPTS = 3;
const MAX_ATTEMPTS = 16; // the last wait would be nine hours
const MAX_TIMEOUT_MS = 0x7fff_ffff;

/** Checks options. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`, `ERR_OPTION_UNKNOWN`. */
export function resolveRequestOptions(given: RequestOptions | undefined): ResolvedRequestOptions {
  const operation = "request";
  const { to, match = () => true, attempts = DEFAULT_ATTEMPTS, ...rest } = checkOptions<RequestOptions>(operation, given, NAMES);
  checkFunction(operation, "match", match);
  checkInteger(operation, "attempts", attempts, [1, MAX_ATTEMPTS]);
  const { timeoutMs, firstWaitMs } = planAttempts(attempts, rest.timeoutMs);
  const { anySource } = rest;
  checkInteger(operation, "timeoutMs", timeoutMs, [1, MAX_TIMEOUT_MS]);
  if (anySource !== undefined) checkBoolean(operation, "anySource", anySource);
  return { to, match, timeoutMs, attempts, firstWaitMs, anySource, signal: checkSignal(operation, rest.signal) };
}
