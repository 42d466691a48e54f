/** Errors of parameters. */
import { brandError, type ErrorDefinition } from "@groupcast/base";
import { CHANNEL_ERRORS, ChannelError } from "./channel-errors.js";

/** Codes of a {@link ParameterError}. */
export type ParameterErrorCode =
  | "ERR_PARAMETER_UNKNOWN"
  | "ERR_PARAMETER_TYPE"
  | "ERR_PARAMETER_RANGE"
  | "ERR_PARAMETER_READ_ONLY"
  | "ERR_PARAMETER_NOT_SETTABLE"
  | "ERR_PARAMETER_NODE_UNKNOWN"
  | "ERR_PARAMETER_NODE_AMBIGUOUS";

/** Row of {@link CHANNEL_ERRORS} for a {@link ParameterError}. */
export type ParameterErrorDefinition = ErrorDefinition<ParameterErrorCode, "ParameterError">;

/** Refusals: the errors that travel from a parameter's owner to whoever asked, by their code. */
export const PARAMETER_REFUSALS: Readonly<Record<string, ParameterErrorDefinition>> = {
  ERR_PARAMETER_UNKNOWN: CHANNEL_ERRORS.ERR_PARAMETER_UNKNOWN,
  ERR_PARAMETER_TYPE: CHANNEL_ERRORS.ERR_PARAMETER_TYPE,
  ERR_PARAMETER_RANGE: CHANNEL_ERRORS.ERR_PARAMETER_RANGE,
  ERR_PARAMETER_READ_ONLY: CHANNEL_ERRORS.ERR_PARAMETER_READ_ONLY,
  ERR_PARAMETER_NOT_SETTABLE: CHANNEL_ERRORS.ERR_PARAMETER_NOT_SETTABLE,
};

/** Subject of a {@link ParameterError}. */
export interface ParameterSubject {
  /** Name of the parameter. */
  readonly parameter?: string;
  /** Name or session of the node that has it. */
  readonly node?: string;
}

/** A parameter that does not exist, or a value that it does not accept. */
export class ParameterError extends ChannelError {
  static {
    brandError(this, "ParameterError");
  }
  /** Code of the refusal. */
  readonly code: ParameterErrorCode;
  /** The owner's reason for the refusal, as text. */
  readonly reason: string;

  /** Makes the error for a row of {@link CHANNEL_ERRORS}. @param details - A reason instead of the row's meaning, and the error behind this one. */
  constructor(
    { code, meaning, remedy }: ParameterErrorDefinition,
    operation: string,
    subject: ParameterSubject,
    details: { reason?: string; cause?: unknown } = {},
  ) {
    const { reason = meaning, cause } = details;
    super({ operation, reason, remedy, subject, cause });
    this.code = code;
    this.reason = reason;
  }
}

declare module "@groupcast/base" {
  interface ErrorClasses<Code extends string> {
    /** A parameter that does not exist, or a value that it does not accept. */
    readonly ParameterError: ParameterError;
  }
}
