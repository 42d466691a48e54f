import { inspect } from "node:util";

const BRAND = Symbol.for("groupcast.error");

/** Field of a subject → the words that name it in a message; `""` where the value says enough. In the order in which messages name them. */
export type SubjectWords<Subject> = Readonly<{ [Field in keyof Subject]-?: string }>;

/** Everything an {@link OperationError} is made from. */
export interface OperationFailure<Subject> {
  /** Name of the public function that was called. */
  readonly operation: string;
  /** What went wrong and what to do about it. */
  readonly reason: string;
  /** What the error is about; fields that do not apply are absent. */
  readonly subject?: Subject;
  /** How the message names the subject. */
  readonly words: SubjectWords<Subject>;
  /** The error behind this one. */
  readonly cause?: unknown;
}

/**
 * An operation that could not be done: `Cannot <operation> <subject>: <reason>`. The fields of the subject become fields of the error.
 */
export abstract class OperationError<Subject extends object> extends Error {
  /** Says what happened. Match on this, never on the message. */
  abstract readonly code: string;
  /** Name of the public function that was called. */
  readonly operation: string;

  /** @param failure - What could not be done, about what, and why. */
  constructor({ operation, reason, subject, words, cause }: OperationFailure<Subject>) {
    super(`Cannot ${operation}${describe(subject, words)}: ${reason}`, cause === undefined ? undefined : { cause });
    this.operation = operation;
    Object.assign(this, subject);
  }
}

/** Puts the name of an error class, and the brand by which `isGroupcastError` knows it, on the class's prototype: errors print their class. */
export function brandError(errorClass: { readonly prototype: object }, name: string): void {
  Object.defineProperty(errorClass.prototype, "name", { value: name, configurable: true, writable: true });
  Object.defineProperty(errorClass.prototype, BRAND, { value: true });
}

/** Tells whether `error` carries the brand of Groupcast's errors, from whichever copy of the package. */
export function isBranded(error: unknown): boolean {
  return typeof error === "object" && error !== null && BRAND in error;
}

const PREVIEW_CHARS = 80; // enough to recognise a value, short enough for a log line

/** Returns `value` as a message shows it: quoted if it is a string, on one line, and short. */
export function preview(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  return text.length > PREVIEW_CHARS ? `${text.slice(0, PREVIEW_CHARS)}…` : text;
}

function describe<Subject extends object>(subject: Subject | undefined, words: SubjectWords<Subject>): string {
  if (subject === undefined) return "";
  const given = subject as Readonly<Record<string, unknown>>;
  const named = Object.entries<string>(words).filter(([field]) => given[field] !== undefined);
  return named.map(([field, word]) => `${word === "" ? "" : ` ${word}`} ${preview(given[field])}`).join("");
}
