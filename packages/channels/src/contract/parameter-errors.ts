/** Errors of parameters. */
import { brandError, type ErrorDefinition, hideFrames } from "@groupcast/base";
import { CHANNEL_ERRORS, ChannelError } from "./channel-errors.js";

hideFrames(import.meta.url);

/** Codes of a {@link ParameterError}. */
export type ParameterErrorCode =
  | "ERR_PARAMETER_UNKNOWN"
  | "ERR_PARAMETER_TYPE"
  | "ERR_PARAMETER_RANGE"
  | "ERR_PARAMETER_READ_ONLY"
  | "ERR_PARAMETER_NOT_SETTABLE"
  | "ERR_PARAMETER_NODE_UNKNOWN"
  | "ERR_PARAMETER_NODE_AMBIGUOUS";

/** Codes of refusals: those that travel from a parameter's owner to whoever asked. */
export const REFUSAL_CODES: readonly ParameterErrorCode[] = [
  "ERR_PARAMETER_UNKNOWN",
  "ERR_PARAMETER_TYPE",
  "ERR_PARAMETER_RANGE",
  "ERR_PARAMETER_READ_ONLY",
  "ERR_PARAMETER_NOT_SETTABLE",
];

/** Subject of a {@link ParameterError}. */
export interface ParameterSubject {
  /** Name of the parameter. */
  readonly parameter?: string;
  /** Name or session of the node that has it. */
  readonly node?: string;
}

/** A parameter that is not there, or a value that it does not take. */
export class ParameterError extends ChannelError {
  static {
    brandError(this, "ParameterError");
  }
  /** Code of the refusal. */
  readonly code: ParameterErrorCode;
  /** The objection in words, of the owner of the parameter. */
  readonly reason: string;

  /** Makes the error for a row of {@link CHANNEL_ERRORS}. @param reason - Instead of the row's meaning. */
  constructor(code: ParameterErrorCode, operation: string, subject: ParameterSubject, details: { reason?: string; cause?: unknown } = {}) {
    const { meaning, remedy }: ErrorDefinition<string, string> = CHANNEL_ERRORS[code];
    const reason = details.reason ?? meaning;
    super({ operation, reason, remedy, subject, cause: details.cause });
    this.code = code;
    this.reason = reason;
  }
}

declare module "@groupcast/base" {
  interface ErrorClasses<Code extends string> {
    /** A parameter that is not there, or a value that it does not take. */
    readonly ParameterError: ParameterError;
  }
}
