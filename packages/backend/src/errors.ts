import { inspect } from "node:util";
import { startAtCaller } from "./caller-stack.js";
import { errnoName, errnoText } from "./errno.js";
import { type CodeOf, type ErrorCode, errorRow } from "./error-table.js";

const BRAND = Symbol.for("groupcast.error");

/** What an error is about; fields that do not apply are absent. */
export interface ErrorSubject {
  readonly address?: string;
  readonly port?: number;
  readonly group?: string;
  readonly interface?: string;
  readonly source?: string;
  readonly option?: string;
}

/** Makes {@link InvalidArgumentError}. */
export interface InvalidArgument {
  readonly operation: string; // the public function that was called
  readonly argument: string; // the name of the argument, as documented
  readonly value: unknown;
  readonly expected?: string; // what would have been right, where the code alone does not say
}

/** An argument is wrong: mend the call. Thrown before any syscall. */
export class InvalidArgumentError extends TypeError {
  static {
    brand(this, "InvalidArgumentError");
  }
  readonly code: CodeOf<"InvalidArgumentError">;
  readonly operation: string;
  readonly argument: string;
  readonly value: unknown;
  readonly remedy: string;

  constructor(code: CodeOf<"InvalidArgumentError">, { operation, argument, value, expected }: InvalidArgument) {
    const { meaning, remedy } = errorRow(code);
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

/** Common ancestor of everything but wrong arguments. */
export abstract class DatagramError extends Error implements ErrorSubject {
  static {
    brand(this, "DatagramError");
  }
  abstract readonly code: ErrorCode;
  readonly operation: string;
  declare readonly address?: string;
  declare readonly port?: number;
  declare readonly group?: string;
  declare readonly interface?: string;
  declare readonly source?: string;
  declare readonly option?: string;

  constructor(operation: string, reason: string, subject: ErrorSubject = {}, cause?: unknown) {
    super(`Cannot ${operation}${describe(subject)}: ${reason}`, cause === undefined ? undefined : { cause });
    this.operation = operation;
    Object.assign(this, subject);
  }
}

/** The call is right, the moment is wrong: mend the order. */
export class StateError extends DatagramError {
  static {
    brand(this, "StateError");
  }
  readonly code: CodeOf<"StateError">;

  constructor(code: CodeOf<"StateError">, operation: string, subject?: ErrorSubject) {
    super(operation, reasonOf(code), subject);
    this.code = code;
    startAtCaller(this, operation);
  }
}

/** This backend or platform cannot: check `reactor.backend.capabilities` first. */
export class UnsupportedError extends DatagramError {
  static {
    brand(this, "UnsupportedError");
  }
  readonly code: CodeOf<"UnsupportedError">;
  readonly backend: string;

  constructor(code: CodeOf<"UnsupportedError">, operation: string, backend: string, subject?: ErrorSubject) {
    super(operation, `${reasonOf(code)} (backend ${preview(backend)})`, subject);
    this.code = code;
    this.backend = backend;
  }
}

type SystemErrorCode = CodeOf<"SystemError" | "CannotListenError" | "MulticastJoinError" | "MessageLengthError">;

/** Makes {@link SystemError} and its subclasses. */
export interface SystemFailure extends ErrorSubject {
  readonly operation: string; // the public function that was called
  readonly errno: number; // negative, libuv's sign
  readonly advice?: string; // instead of the code's own remedy
  readonly cause?: unknown;
}

/** The OS said no: look at `errnoName`. */
export class SystemError extends DatagramError {
  static {
    brand(this, "SystemError");
  }
  readonly code: SystemErrorCode;
  readonly errno: number; // negative, libuv's sign
  readonly errnoName: string;

  constructor(code: SystemErrorCode, { operation, errno, advice, cause, ...subject }: SystemFailure) {
    super(operation, `${errnoText(errno)} (${errnoName(errno)}); ${advice ?? errorRow(code).remedy}`, subject, cause);
    this.code = code;
    this.errno = errno;
    this.errnoName = errnoName(errno);
  }
}

/** A port could not be opened or bound. */
export class CannotListenError extends SystemError {
  static {
    brand(this, "CannotListenError");
  }
  constructor(failure: SystemFailure) {
    super("ERR_LISTEN", failure);
  }
}

/** A group could not be joined. */
export class MulticastJoinError extends SystemError {
  static {
    brand(this, "MulticastJoinError");
  }
  constructor(failure: SystemFailure) {
    super("ERR_JOIN", failure);
  }
}

/** A datagram is longer than UDP, or the path, can carry. */
export class MessageLengthError extends SystemError {
  static {
    brand(this, "MessageLengthError");
  }
  readonly lengthBytes: number;

  constructor(lengthBytes: number, failure: SystemFailure) {
    super("ERR_MESSAGE_TOO_LONG", { advice: `${lengthBytes} bytes; ${errorRow("ERR_MESSAGE_TOO_LONG").remedy}`, ...failure });
    this.lengthBytes = lengthBytes;
  }
}

/** The addon is missing or does not fit this Node. */
export class BackendLoadError extends DatagramError {
  static {
    brand(this, "BackendLoadError");
  }
  readonly code = "ERR_BACKEND_LOAD" as const;

  constructor(backend: string, reason: string, cause?: unknown) {
    super(`load backend ${preview(backend)}`, reason, {}, cause);
  }
}

/** Whether `error` is one of Groupcast's, of whichever copy of the package. */
export function isGroupcastError(error: unknown): error is InvalidArgumentError | DatagramError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** `name` and brand live on the prototype, so that errors print their class and carry no extra fields. */
function brand(errorClass: { readonly prototype: object }, name: string): void {
  Object.defineProperty(errorClass.prototype, "name", { value: name, configurable: true, writable: true });
  Object.defineProperty(errorClass.prototype, BRAND, { value: true });
}

function reasonOf(code: ErrorCode): string {
  const { meaning, remedy } = errorRow(code);
  return `${meaning}; ${remedy}`;
}

function describe({ group, source, interface: on, address, port, option }: ErrorSubject): string {
  let text = "";
  if (option !== undefined) text += ` ${preview(option)}`;
  if (group !== undefined) text += ` group ${preview(group)}`;
  if (source !== undefined) text += ` source ${preview(source)}`;
  if (on !== undefined) text += ` on interface ${preview(on)}`;
  if (address !== undefined) text += ` ${preview(address)}`;
  if (port !== undefined) text += ` port ${port}`;
  return text;
}

const PREVIEW_CHARS = 80; // enough to recognise a value, short enough for a log line

function preview(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  return text.length > PREVIEW_CHARS ? `${text.slice(0, PREVIEW_CHARS)}…` : text;
}
