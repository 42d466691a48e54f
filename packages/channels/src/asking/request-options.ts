/** Options of questions and responders, checked once and with defaults. */
import { checkInteger, checkOptions, checkSignal, planAttempts } from "@groupcast/base";
import type { ChannelRequestManyOptions, ChannelRequestOptions, RespondOptions } from "../channel/questions.js";

/** Options of a question, with defaults. */
export interface ResolvedRequest {
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly firstWaitMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Options of a question to many, with defaults. */
export interface ResolvedRequestMany extends ResolvedRequest {
  readonly maxAnswers: number;
}

const DEFAULT_ATTEMPTS = 3;
const MAX_ATTEMPTS = 16; // the last wait would be nine hours
const MAX_TIMEOUT_MS = 0x7fff_ffff;
const DEFAULT_MANY_MS = 1000;
const DEFAULT_ANSWERS = 256;
const MAX_ANSWERS = 1 << 16;
const DEFAULT_PENDING = 64;
const MAX_PENDING = 1 << 16;

/** Checks options. @throws InvalidArgumentError for each that is unknown or wrong. */
export function resolveRequest(given: ChannelRequestOptions | undefined, operation = "request"): ResolvedRequest {
  return resolve(operation, checkOptions(operation, given, ["timeoutMs", "attempts", "signal"]));
}

/** Checks options. @throws InvalidArgumentError for each that is unknown or wrong. */
export function resolveRequestMany(given: ChannelRequestManyOptions | undefined): ResolvedRequestMany {
  const operation = "requestMany";
  const options = checkOptions(operation, given, ["timeoutMs", "attempts", "signal", "maxAnswers"]);
  const { timeoutMs = DEFAULT_MANY_MS, maxAnswers = DEFAULT_ANSWERS } = options;
  return {
    ...resolve(operation, { ...options, timeoutMs }),
    maxAnswers: checkInteger(operation, "maxAnswers", maxAnswers, [1, MAX_ANSWERS]),
  };
}

/** Checks options, and returns the number of calls that may be pending. @throws InvalidArgumentError for each that is unknown or wrong. */
export function resolveMaxPending(given: RespondOptions | undefined): number {
  const { maxPending = DEFAULT_PENDING } = checkOptions("respond", given, ["maxPending"]);
  return checkInteger("respond", "maxPending", maxPending, [1, MAX_PENDING]);
}

function resolve(operation: string, { attempts = DEFAULT_ATTEMPTS, timeoutMs, signal }: ChannelRequestOptions): ResolvedRequest {
  checkInteger(operation, "attempts", attempts, [1, MAX_ATTEMPTS]);
  if (timeoutMs !== undefined) checkInteger(operation, "timeoutMs", timeoutMs, [1, MAX_TIMEOUT_MS]);
  return { ...planAttempts(attempts, timeoutMs), attempts, signal: checkSignal(operation, signal) };
}
