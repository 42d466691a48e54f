import { inspect } from "node:util";
import { type CallOrigin, startAtCaller } from "./caller-stack.js";

const BRAND = Symbol.for("groupcast.error");

/** Map of a subject's field → words that introduce it in a message. Messages keep the order of the fields. */
export type SubjectWords<Subject> = Readonly<{ [Field in keyof Subject]-?: string }>;

/** Fields that an {@link OperationError} is made from. */
export interface OperationFailure<Subject> {
  /** Public function that was called, as stack traces name it: `write`, `new Reactor`, `get transport`; or a phrase. */
  readonly operation: string;
  /** Cause, for the message. */
  readonly reason: string;
  /** Advice: the one sentence that helps. */
  readonly remedy: string;
  /** Subject of the error; fields that do not apply are absent. */
  readonly subject?: Subject;
  /** Words by which the message names the subject. */
  readonly words: SubjectWords<Subject>;
  /** The error behind this one. */
  readonly cause?: unknown;
  /** The user's call, where the error comes after it has returned; `"unknown"` where it was not remembered, as of a datagram. */
  readonly origin?: CallOrigin | "unknown";
}

/**
 * Base class of errors about a failed operation: `<operation>() failed for <subject>: <reason>; <remedy>`. The fields of the subject become
 * fields of the error. Its stack begins at the user's call.
 */
export abstract class OperationError<Subject extends object> extends Error {
  /** Code of the error, `ERR_…`. Match on this, never on the message. */
  abstract readonly code: string;
  /** Public function that was called, as stack traces name it: `write`, `new Reactor`, `get transport`. */
  readonly operation: string;
  /** Advice: the one sentence that helps with this `code` and, where the operating system refused, this `errnoName`. */
  readonly remedy: string;

  /** Makes the error. @param failure - Operation, subject, reason and remedy. */
  constructor({ operation, reason, remedy, subject, words, cause, origin }: OperationFailure<Subject>) {
    const failed = isPhrase(operation) ? `Cannot ${operation}` : `${callText(operation)} failed`;
    super(`${failed}${describe(subject, words)}: ${reason}; ${remedy}`, cause === undefined ? undefined : { cause });
    this.operation = operation;
    this.remedy = remedy;
    Object.assign(this, subject);
    if (origin === "unknown")
      this.stack = `${this.name}: ${this.message}`; // our frames alone would mislead
    else startAtCaller(this, operation, origin);
  }
}

/** Returns a public function as messages name it: `listenUDP()`, `new Reactor()`. */
export function callText(operation: string): string {
  return `${operation}()`;
}

function isPhrase(operation: string): boolean {
  return operation.includes(" ") && !operation.startsWith("new ");
}

/**
 * Sets the class's `name`, which errors print, and the brand that `isGroupcastError` looks for, on the prototype of `errorClass`. The brand is
 * that name again, by which `instanceof` knows errors of other copies of the package: a hook has one, and a bundled program.
 */
export function brandError(errorClass: { readonly prototype: object }, name: string): void {
  Object.defineProperty(errorClass.prototype, "name", { value: name, configurable: true, writable: true });
  Object.defineProperty(errorClass.prototype, BRAND, { value: name });
  Object.defineProperty(errorClass, Symbol.hasInstance, { value: hasInstance, configurable: true });
}

/** `instanceof` of a class of errors. A class that a program derives has no brand of its own, and no other copies. */
function hasInstance(this: { readonly prototype: object }, value: unknown): boolean {
  if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
  const brand = Object.getOwnPropertyDescriptor(this.prototype, BRAND)?.value as unknown;
  return brand !== undefined && isBranded(value) && brandsOf(value as object).includes(brand);
}

function brandsOf(error: object): unknown[] {
  const brands: unknown[] = [];
  for (let at = Object.getPrototypeOf(error) as object | null; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    brands.push(Object.getOwnPropertyDescriptor(at, BRAND)?.value);
  }
  return brands;
}

/** Returns whether `error` carries the brand of Groupcast's errors, from whichever copy of the package. */
export function isBranded(error: unknown): boolean {
  try {
    return typeof error === "object" && error !== null && BRAND in error;
  } catch {
    return false; // a proxy that refuses the question
  }
}

const PREVIEW_CHARS = 80; // enough to recognise a value, short enough for a log line

/** Returns `value` as messages show it: quoted if it is a string, on one line, at most 81 characters. */
export function preview(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : shownOnOneLine(value);
  return text.length > PREVIEW_CHARS ? `${text.slice(0, PREVIEW_CHARS)}…` : text;
}

/** Inspecting may run user code, which must not take the place of the error that is being made. */
function shownOnOneLine(value: unknown): string {
  try {
    return inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  } catch {
    return "(a value that throws when it is shown)";
  }
}

function describe<Subject extends object>(subject: Subject | undefined, words: SubjectWords<Subject>): string {
  if (subject === undefined) return "";
  const given = subject as Readonly<Record<string, unknown>>;
  const named = Object.entries<string>(words).filter(([field]) => given[field] !== undefined);
  return named.length === 0 ? "" : ` for ${named.map(([field, word]) => `${word} ${preview(given[field])}`).join(", ")}`;
}
