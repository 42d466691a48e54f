import { startAtCaller } from "./caller-stack.js";
import type { ErrorDefinition } from "./define-errors.js";
import { errnoName, errnoText } from "./errno.js";
import { brandError, isBranded, OperationError, preview, type SubjectWords } from "./operation-error.js";

/** Fields that an {@link InvalidArgumentError} is made from. */
export interface InvalidArgument {
  /** Name of the public function that was called. */
  readonly operation: string;
  /** Name of the argument, as documented. */
  readonly argument: string;
  /** The argument as it was given. */
  readonly value: unknown;
  /** Description of the right values, where the code alone does not give it. */
  readonly expected?: string;
}

/** An argument is wrong: fix the call. Thrown before any system call. */
export class InvalidArgumentError<Code extends string = string> extends TypeError {
  static {
    brandError(this, "InvalidArgumentError");
  }
  /** Code of the mistake, `ERR_…`. Match on this, never on the message. */
  readonly code: Code;
  /** Name of the public function that was called. */
  readonly operation: string;
  /** Name of the argument, as documented. */
  readonly argument: string;
  /** The argument as it was given. */
  readonly value: unknown;
  /** Advice: the value to pass instead. */
  readonly remedy: string;

  /** Makes the error; its stack begins at the user's call of `operation`. @param definition - Row of a package's error table. */
  constructor(definition: ErrorDefinition<Code, "InvalidArgumentError">, { operation, argument, value, expected }: InvalidArgument) {
    const { code, meaning, remedy } = definition;
    const advice = expected === undefined ? remedy : `expected ${expected}`;
    super(`Cannot ${operation}: ${argument} ${preview(value)} ${meaning}; ${advice}`);
    this.code = code;
    this.operation = operation;
    this.argument = argument;
    this.value = value;
    this.remedy = advice;
    startAtCaller(this, operation);
  }

  /** Returns the fields for JSON, `value` as the message shows it: many a wrong value has no JSON, such as a bigint or a circle. */
  toJSON(): Record<string, unknown> {
    const { name, message, code, operation, argument, remedy } = this;
    return { name, message, code, operation, argument, value: preview(this.value), remedy };
  }
}

/** Subject of an error; fields that do not apply are absent. */
export interface ErrorSubject {
  /** Name of a socket option. */
  readonly option?: string;
  /** IP literal of a multicast group. */
  readonly group?: string;
  /** IP literal of a sender's address. */
  readonly source?: string;
  /** Name of a network interface, or the selector that was given. */
  readonly interface?: string;
  /** IP literal of a destination, peer or local address. */
  readonly address?: string;
  /** Port number. */
  readonly port?: number;
}

const WORDS: SubjectWords<ErrorSubject> = {
  option: "",
  group: "group",
  source: "source",
  interface: "on interface",
  address: "",
  port: "port",
};

/** Base class of all errors of the reactor and its backends, except {@link InvalidArgumentError}. */
export abstract class DatagramError extends OperationError<ErrorSubject> implements ErrorSubject {
  static {
    brandError(this, "DatagramError");
  }
  /** Name of a socket option. */
  declare readonly option?: string;
  /** IP literal of a multicast group. */
  declare readonly group?: string;
  /** IP literal of a sender's address. */
  declare readonly source?: string;
  /** Name of a network interface, or the selector that was given. */
  declare readonly interface?: string;
  /** IP literal of a destination, peer or local address. */
  declare readonly address?: string;
  /** Port number. */
  declare readonly port?: number;

  /** Makes the error; the fields of `subject` become its own. @param reason - Cause and advice, for the message. */
  constructor(operation: string, reason: string, subject?: ErrorSubject, cause?: unknown) {
    super({ operation, reason, words: WORDS, ...(subject === undefined ? {} : { subject }), cause });
  }
}

/** The call is right, but the object is in the wrong state: call in another order. */
export class StateError<Code extends string = string> extends DatagramError {
  static {
    brandError(this, "StateError");
  }
  /** Code of the state that forbids the call, `ERR_…`. Match on this, never on the message. */
  readonly code: Code;

  /** Makes the error; its stack begins at the user's call of `operation`. @param definition - Row of a package's error table. */
  constructor(definition: ErrorDefinition<Code, "StateError">, operation: string, subject?: ErrorSubject) {
    super(operation, reasonOf(definition), subject);
    this.code = definition.code;
    startAtCaller(this, operation);
  }
}

/** This backend or platform cannot do it: check `reactor.backend.capabilities` first. */
export class UnsupportedError<Code extends string = string> extends DatagramError {
  static {
    brandError(this, "UnsupportedError");
  }
  /** Code of the missing feature, `ERR_…`. Match on this, never on the message. */
  readonly code: Code;
  /** Name of the backend: `"native"`, `"dgram"`, `"memory"`. */
  readonly backend: string;

  /** Makes the error. @param definition - Row of a package's error table. @param backend - Name of the backend. */
  constructor(definition: ErrorDefinition<Code, "UnsupportedError">, operation: string, backend: string, subject?: ErrorSubject) {
    super(operation, `${reasonOf(definition)} (backend ${preview(backend)})`, subject);
    this.code = definition.code;
    this.backend = backend;
  }
}

/** Fields that a {@link SystemError} is made from. */
export interface SystemFailure extends ErrorSubject {
  /** Name of the public function that was called. */
  readonly operation: string;
  /** Number of the OS's error: negative, libuv's sign. */
  readonly errno: number;
  /** Advice instead of the code's own remedy. */
  readonly advice?: string;
  /** Linux capability that the process lacks: `"CAP_NET_RAW"`. */
  readonly privilege?: string;
  /** The error behind this one. */
  readonly cause?: unknown;
}

/** The operating system refused the operation: look at `errnoName`. */
export class SystemError<Code extends string = string> extends DatagramError {
  static {
    brandError(this, "SystemError");
  }
  /** Code of the operation that failed, `ERR_…`. Match on this, never on the message. */
  readonly code: Code;
  /** Number of the OS's error: negative, libuv's sign, such as -98 for `EADDRINUSE` on Linux. */
  readonly errno: number;
  /** Name of `errno`: `"EADDRINUSE"`. The same on every platform. */
  readonly errnoName: string;
  /** Linux capability that would have allowed it (capabilities(7)): `"CAP_NET_RAW"`. Present only where the lack of one is the reason. */
  declare readonly privilege?: string;

  /** Makes the error. @param definition - Row of a package's error table. */
  constructor(definition: ErrorDefinition<Code>, { operation, errno, advice, privilege, cause, ...subject }: SystemFailure) {
    const remedy = privilege === undefined ? definition.remedy : `the process needs the capability ${privilege}; ${definition.remedy}`;
    super(operation, `${errnoText(errno)} (${errnoName(errno)}); ${advice ?? remedy}`, subject, cause);
    if (privilege !== undefined) this.privilege = privilege;
    this.code = definition.code;
    this.errno = errno;
    this.errnoName = errnoName(errno);
  }
}

/** Returns whether `error` is one of Groupcast's, from whichever copy of the package. */
export function isGroupcastError(error: unknown): error is InvalidArgumentError | DatagramError {
  return isBranded(error);
}

/** Returns the second half of a message: meaning and remedy of `definition`. */
export function reasonOf({ meaning, remedy }: ErrorDefinition): string {
  return `${meaning}; ${remedy}`;
}
