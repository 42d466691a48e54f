/**
 * The union of all errors, by code.
 *
 * It follows from the error tables: a package adds its table and its classes to the two interfaces here by declaration merging, so the union
 * has the errors of exactly those packages that a program uses.
 */
import type { BASE_ERRORS } from "./base-errors.js";
import type { ErrorDefinition } from "./define-errors.js";
import type { InvalidArgumentError, StateError, SystemError, UnsupportedError } from "./errors.js";
import { isBranded } from "./operation-error.js";

/** Map of class name, as error tables have it → class of an error with `Code`. Packages add theirs. */
export interface ErrorClasses<Code extends string> {
  /** A wrong argument. */
  readonly InvalidArgumentError: InvalidArgumentError<Code>;
  /** A call at the wrong moment. */
  readonly StateError: StateError<Code>;
  /** A feature that the backend lacks. */
  readonly UnsupportedError: UnsupportedError<Code>;
  /** A refusal of the operating system. */
  readonly SystemError: SystemError<Code>;
}

/** Map of package → type of its error table. Packages add theirs. */
export interface ErrorTables {
  /**
   * Table of `@groupcast/base`.
   *
   * @hidden The reference would spell out every row; `docs/errors.md` lists them.
   */
  readonly base: typeof BASE_ERRORS;
}

/** Any error of Groupcast's: a union that TypeScript narrows by `code`. */
export type GroupcastError = {
  readonly [Package in keyof ErrorTables]: {
    readonly [Row in keyof ErrorTables[Package]]: ErrorTables[Package][Row] extends ErrorDefinition<
      infer Code,
      infer Class extends keyof ErrorClasses<string>
    >
      ? ErrorClasses<Code>[Class]
      : never;
  }[keyof ErrorTables[Package]];
}[keyof ErrorTables];

/** Code of any error of Groupcast's: the value of `error.code`. */
export type GroupcastErrorCode = GroupcastError["code"];

/** Returns whether `error` is one of Groupcast's, from whichever copy of the package. Then `error.code` says which. */
export function isGroupcastError(error: unknown): error is GroupcastError {
  return isBranded(error);
}
