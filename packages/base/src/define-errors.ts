import type { ErrnoName } from "./errno.js";

/** One row of an error table. */
export interface ErrorRow<Class extends string = string> {
  /** Name of the class that carries the code, as `error.name` has it. */
  readonly class: Class;
  /** Meaning of the code, as the second half of a sentence: `is out of range`. */
  readonly meaning: string;
  /** Advice to the caller, in the imperative: one sentence. */
  readonly remedy: string;
}

/** Map of code → errno name → advice for this refusal of the operating system, in place of the row's `remedy`. */
export type ErrnoRemedies<Code extends string> = Readonly<Partial<Record<Code, Readonly<Partial<Record<ErrnoName, string>>>>>>;

/** A row together with its code. Errors are made from it. */
export interface ErrorDefinition<Code extends string = string, Class extends string = string> extends ErrorRow<Class> {
  /** Code of the error, `ERR_…`. It is API: programs match on it. */
  readonly code: Code;
  /** Map of errno name → advice for this refusal of the operating system, in place of `remedy`. */
  readonly remedies?: Readonly<Partial<Record<string, string>>>;
}

/** Map of code → definition, for each row of table `T`. */
export type ErrorDefinitions<T extends Readonly<Record<string, ErrorRow>>> = {
  readonly [Code in keyof T & string]: ErrorDefinition<Code, T[Code]["class"]>;
};

/**
 * Makes the definitions of one package's errors from its table.
 *
 * The class tells the caller what to do, the code says what happened. Each package has its own table; `docs/errors.md` is generated from
 * all of them.
 */
export function defineErrors<const T extends Readonly<Record<string, ErrorRow>>>(
  table: T,
  remedies?: ErrnoRemedies<keyof T & string>,
): ErrorDefinitions<T> {
  const ofCode = (code: string): object => {
    const byErrno = (remedies as ErrnoRemedies<string> | undefined)?.[code];
    return byErrno === undefined ? {} : { remedies: Object.freeze(byErrno) };
  };
  const definitions = Object.entries(table).map(([code, row]) => [code, Object.freeze({ code, ...row, ...ofCode(code) })]);
  return Object.freeze(Object.fromEntries(definitions)) as ErrorDefinitions<T>;
}
