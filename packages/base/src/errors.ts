import { type CallOrigin, startAtCaller } from "./caller-stack.js";
import type { ErrorDefinition } from "./define-errors.js";
import { errnoName, errnoText } from "./errno.js";
import { brandError, callText, OperationError, type OperationFailure, preview, type SubjectWords } from "./operation-error.js";

/** Fields that an {@link InvalidArgumentError} is made from. */
export interface InvalidArgument {
  /** Public function that was called, as stack traces name it: `write`, `new Reactor`. */
  readonly operation: string;
  /** Name of the argument, as documented. */
  readonly argument: string;
  /** The argument as it was given. */
  readonly value: unknown;
  /** Meaning that replaces the code's own. */
  readonly meaning?: string;
  /** Description of the right values, where the code alone does not give it. */
  readonly expected?: string;
  /** Advice that replaces the code's own. */
  readonly advice?: string;
  /** Words for argument and value in the message, where they say too little or must not be shown. */
  readonly shown?: string;
}

/** An argument is wrong: fix the call. Thrown before any system call. */
export class InvalidArgumentError<Code extends string = string> extends TypeError {
  static {
    brandError(this, "InvalidArgumentError");
  }
  /** Code of the mistake, `ERR_…`. Match on this, never on the message. */
  readonly code: Code;
  /** Public function that was called, as stack traces name it: `write`, `new Reactor`. */
  readonly operation: string;
  /** Name of the argument, as documented. */
  readonly argument: string;
  /** The argument as it was given. */
  readonly value: unknown;
  /** Advice: the value to pass instead. */
  readonly remedy: string;

  /** Makes the error; its stack begins at the user's call of `operation`. @param definition - Row of a package's error table. */
  constructor(definition: ErrorDefinition<Code, "InvalidArgumentError">, given: InvalidArgument) {
    const { operation, argument, value, expected, advice } = given;
    const remedy = advice ?? (expected === undefined ? definition.remedy : `expected ${expected}`);
    super(`${callText(operation)}: ${complaint(definition, given)}; ${remedy}`);
    this.code = definition.code;
    this.operation = operation;
    this.argument = argument;
    this.value = value;
    this.remedy = remedy;
    startAtCaller(this, operation);
  }

  /** Returns the fields for JSON, `value` as the message shows it: many a wrong value has no JSON, such as a bigint or a circle. */
  toJSON(): Record<string, unknown> {
    const { name, message, code, operation, argument, remedy } = this;
    return { name, message, code, operation, argument, value: preview(this.value), remedy };
  }
}

function complaint(definition: ErrorDefinition, { argument, value, meaning = definition.meaning, shown }: InvalidArgument): string {
  if (shown !== undefined) return `${shown} ${meaning}`;
  return value === undefined ? `${argument} is missing` : `${argument} ${preview(value)} ${meaning}`;
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
  option: "option",
  group: "group",
  source: "source",
  interface: "interface",
  address: "address",
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

  /** Makes the error; the fields of the subject become its own. */
  constructor(failure: Omit<OperationFailure<ErrorSubject>, "words">) {
    super({ ...failure, words: WORDS });
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
  constructor(
    { code, meaning, remedy }: ErrorDefinition<Code, "StateError">,
    operation: string,
    subject: ErrorSubject = {},
    further: Partial<Pick<OperationFailure<ErrorSubject>, "reason" | "origin" | "cause">> = {},
  ) {
    super({ operation, reason: meaning, remedy, subject, ...further });
    this.code = code;
  }
}

/** A backend, and the capability that it lacks. */
export interface Lack {
  /** Name of the backend. */
  readonly backend: string;
  /** Name of the capability; absent for an option. */
  readonly capability?: string;
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
  /** Name of the capability that the backend lacks, as `capabilities` has it; undefined for an option. */
  readonly capability: string | undefined;

  /** Makes the error. @param definition - Row of a package's error table. @param lack - Backend, and the capability it lacks. */
  constructor(definition: ErrorDefinition<Code, "UnsupportedError">, operation: string, lack: Lack, subject: ErrorSubject = {}) {
    const { backend, capability } = lack;
    const meaning = capability === undefined ? definition.meaning : `lacks the capability ${preview(capability)}`;
    super({ operation, reason: `backend ${preview(backend)} ${meaning}`, remedy: definition.remedy, subject });
    this.code = definition.code;
    this.backend = backend;
    this.capability = capability;
  }
}

/** Fields that a {@link SystemError} is made from. */
export interface SystemFailure extends ErrorSubject {
  /** Public function that was called, as stack traces name it; or a phrase, for what no call of a user's started. */
  readonly operation: string;
  /** Number of the OS's error: negative, libuv's sign. */
  readonly errno: number;
  /** Advice in place of that of the table. */
  readonly advice?: string;
  /** Linux capability that the process lacks: `"CAP_NET_RAW"`. */
  readonly privilege?: string;
  /** The error behind this one. */
  readonly cause?: unknown;
  /** The user's call, where the error comes after it has returned; `"unknown"` where it was not remembered, as of a datagram. */
  readonly origin?: CallOrigin | "unknown";
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
  constructor(definition: ErrorDefinition<Code>, { operation, errno, advice, privilege, cause, origin, ...subject }: SystemFailure) {
    const name = errnoName(errno);
    const remedy = advice ?? remedyFor(definition, name, privilege);
    super({ operation, reason: `${errnoText(errno)} (${name})`, remedy, subject, cause, ...(origin !== undefined && { origin }) });
    if (privilege !== undefined) this.privilege = privilege;
    this.code = definition.code;
    this.errno = errno;
    this.errnoName = name;
  }
}

/** Returns the advice of a table for one errno. A lack of privilege has a remedy of its own, and another way if the table has one. */
function remedyFor({ remedies, remedy }: ErrorDefinition, name: string, privilege: string | undefined): string {
  const advice = remedies?.[name];
  if (privilege === undefined) return advice ?? remedy;
  return `give the process the capability ${privilege}${advice === undefined ? "" : `, or ${advice}`}`;
}
