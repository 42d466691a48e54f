/** Errors of questions. */
import { brandError } from "@groupcast/base";
import { CHANNEL_ERRORS, ChannelError } from "./channel-errors.js";

/** A question that was not answered in time. */
export class RequestTimeoutError extends ChannelError {
  static {
    brandError(this, "RequestTimeoutError");
  }
  /** Always `ERR_CHANNEL_REQUEST_TIMEOUT`. */
  readonly code = "ERR_CHANNEL_REQUEST_TIMEOUT" as const;
  /** Number of times that the question was sent. */
  readonly attempts: number;
  /** Time after which the request failed, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * Number of other nodes that answer on this channel, according to their heartbeats; 0 when none is known, `undefined` when this node has
   * no heartbeats and so knows no others.
   */
  readonly responders: number | undefined;

  /** Makes the error for a question on `channel`. */
  constructor(channel: string, wait: { attempts: number; timeoutMs: number; responders: number | undefined }) {
    const { meaning } = CHANNEL_ERRORS.ERR_CHANNEL_REQUEST_TIMEOUT;
    super({
      operation: "request",
      reason: `${meaning} within ${wait.timeoutMs} ms (it was sent ${wait.attempts} times, and ${knownText(wait.responders)})`,
      remedy: remedyFor(wait.responders),
      subject: { channel },
    });
    this.attempts = wait.attempts;
    this.timeoutMs = wait.timeoutMs;
    this.responders = wait.responders;
  }
}

/** A question that the responder answered with an error. */
export class AnswerError extends ChannelError {
  static {
    brandError(this, "AnswerError");
  }
  /** Always `ERR_CHANNEL_ANSWER`. */
  readonly code = "ERR_CHANNEL_ANSWER" as const;
  /** Code of the responder's error: letters, digits and `_`, at most 64; `"ERR_RESPONDER"` when it had none. */
  readonly answerCode: string;
  /** Message of the responder's error, at most 1,024 bytes of UTF-8. The responder wrote it: trust it only as much as the responder. */
  readonly answerMessage: string;
  /** Name of the node that answered. */
  readonly responder: string;
  /** Random number that identifies that node: 16 hexadecimal digits. */
  readonly session: string;

  /** Makes the error for an answer on `channel`. */
  constructor(channel: string, answer: { code: string; message: string; responder: string; session: string }) {
    const { meaning, remedy } = CHANNEL_ERRORS.ERR_CHANNEL_ANSWER;
    const said = `node ${JSON.stringify(answer.responder)} ${meaning} ${answer.code}: ${JSON.stringify(answer.message)}`;
    super({ operation: "request", reason: said, remedy, subject: { channel } });
    this.answerCode = answer.code;
    this.answerMessage = answer.message;
    this.responder = answer.responder;
    this.session = answer.session;
  }
}

declare module "@groupcast/base" {
  interface ErrorClasses<Code extends string> {
    /** A question that was not answered in time. */
    readonly RequestTimeoutError: RequestTimeoutError;
    /** A question that the responder answered with an error. */
    readonly AnswerError: AnswerError;
  }
}

function knownText(responders: number | undefined): string {
  if (responders === undefined) return "this node has no heartbeats, so it knows no responders";
  return responders === 0 ? "no known node answers on this channel" : `${responders} known nodes answer on this channel`;
}

function remedyFor(responders: number | undefined): string {
  if (responders !== undefined && responders > 0)
    return "ask later or wait longer: responders exist, but they are slow or busy, or have another key";
  return CHANNEL_ERRORS.ERR_CHANNEL_REQUEST_TIMEOUT.remedy;
}
