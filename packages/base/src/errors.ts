import { startAtCaller } from "./caller-stack.js";
import type { ErrorDefinition } from "./define-errors.js";
import { errnoName, errnoText } from "./errno.js";
import { brandError, isBranded, OperationError, preview, type SubjectWords } from "./operation-error.js";

/** What an {@link InvalidArgumentError} is made from. */
export interface InvalidArgument {
  /** Name of the public function that was called. */
  readonly operation: string;
  /** Name of the argument, as documented. */
  readonly argument: string;
  /** The argument as it was given. */
  readonly value: unknown;
  /** What would have been right, where the code alone does not say. */
  readonly expected?: string;
}

/** An argument is wrong: fix the call. Thrown before any system call. */
export class InvalidArgumentError<Code extends string = string> extends TypeError {
  static {
    brandError(this, "InvalidArgumentError");
  }
  /** Says what is wrong. Match on this, never on the message. */
  readonly code: Code;
  /** Name of the public function that was called. */
  readonly operation: string;
  /** Name of the argument, as documented. */
  readonly argument: string;
  /** The argument as it was given. */
  readonly value: unknown;
  /** What to pass instead. */
  readonly remedy: string;

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
}

/** What an error is about; fields that do not apply are absent. */
export interface ErrorSubject {
  /** Name of a socket option. */
  readonly option?: string;
  /** A multicast group, an IP literal. */
  readonly group?: string;
  /** The address of a sender, an IP literal. */
  readonly source?: string;
  /** Name of a network interface, or the selector that was given. */
  readonly interface?: string;
  /** An IP literal. */
  readonly address?: string;
  /** A port number. */
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

/** Common ancestor of all errors of the reactor and its backends but wrong arguments. */
export abstract class DatagramError extends OperationError<ErrorSubject> implements ErrorSubject {
  static {
    brandError(this, "DatagramError");
  }
  /** {@inheritDoc ErrorSubject.option} */
  declare readonly option?: string;
  /** {@inheritDoc ErrorSubject.group} */
  declare readonly group?: string;
  /** {@inheritDoc ErrorSubject.source} */
  declare readonly source?: string;
  /** {@inheritDoc ErrorSubject.interface} */
  declare readonly interface?: string;
  /** {@inheritDoc ErrorSubject.address} */
  declare readonly address?: string;
  /** {@inheritDoc ErrorSubject.port} */
  declare readonly port?: number;

  constructor(operation: string, reason: string, subject?: ErrorSubject, cause?: unknown) {
    super({ operation, reason, words: WORDS, ...(subject === undefined ? {} : { subject }), cause });
  }
}

/** The call is right, the moment is wrong: call in another order. */
export class StateError<Code extends string = string> extends DatagramError {
  static {
    brandError(this, "StateError");
  }
  /** Says what state forbids the call. Match on this, never on the message. */
  readonly code: Code;

  constructor(definition: ErrorDefinition<Code, "StateError">, operation: string, subject?: ErrorSubject) {
    super(operation, reasonOf(definition), subject);
    this.code = definition.code;
    startAtCaller(this, operation);
  }
}

/** This backend or platform cannot: check `reactor.backend.capabilities` first. */
export class UnsupportedError<Code extends string = string> extends DatagramError {
  static {
    brandError(this, "UnsupportedError");
  }
  /** Says what is unsupported. Match on this, never on the message. */
  readonly code: Code;
  /** Name of the backend. */
  readonly backend: string;

  constructor(definition: ErrorDefinition<Code, "UnsupportedError">, operation: string, backend: string, subject?: ErrorSubject) {
    super(operation, `${reasonOf(definition)} (backend ${preview(backend)})`, subject);
    this.code = definition.code;
    this.backend = backend;
  }
}

/** What a {@link SystemError} is made from. */
export interface SystemFailure extends ErrorSubject {
  /** Name of the public function that was called. */
  readonly operation: string;
  /** What the operating system answered: negative, libuv's sign. */
  readonly errno: number;
  /** Advice instead of the code's own remedy. */
  readonly advice?: string;
  /** The error behind this one. */
  readonly cause?: unknown;
}

/** The operating system refused: look at `errnoName`. */
export class SystemError<Code extends string = string> extends DatagramError {
  static {
    brandError(this, "SystemError");
  }
  /** Says what could not be done. Match on this, never on the message. */
  readonly code: Code;
  /** What the operating system answered: negative, libuv's sign, such as -98 for `EADDRINUSE` on Linux. */
  readonly errno: number;
  /** The name of `errno`: `"EADDRINUSE"`. */
  readonly errnoName: string;

  constructor(definition: ErrorDefinition<Code>, { operation, errno, advice, cause, ...subject }: SystemFailure) {
    super(operation, `${errnoText(errno)} (${errnoName(errno)}); ${advice ?? definition.remedy}`, subject, cause);
    this.code = definition.code;
    this.errno = errno;
    this.errnoName = errnoName(errno);
  }
}

/** Tells whether `error` is one of Groupcast's, from whichever copy of the package. */
export function isGroupcastError(error: unknown): error is InvalidArgumentError | DatagramError {
  return isBranded(error);
}

/** Returns the second half of a message: what happened, and what to do. */
export function reasonOf({ meaning, remedy }: ErrorDefinition): string {
  return `${meaning}; ${remedy}`;
}
