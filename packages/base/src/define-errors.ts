/** One row of an error table. */
export interface ErrorRow<Class extends string = string> {
  /** Name of the class that carries the code, as `error.name` has it. */
  readonly class: Class;
  /** What happened, as the second half of a sentence. */
  readonly meaning: string;
  /** What the caller can do about it, in the imperative. */
  readonly remedy: string;
}

/** A row together with its code: what an error is made from. */
export interface ErrorDefinition<Code extends string = string, Class extends string = string> extends ErrorRow<Class> {
  /** The code, which is API: programs match on it. */
  readonly code: Code;
}

/** Code → definition, for each row of table `T`. */
export type ErrorDefinitions<T extends Readonly<Record<string, ErrorRow>>> = {
  readonly [Code in keyof T & string]: ErrorDefinition<Code, T[Code]["class"]>;
};

/**
 * Makes the definitions of one package's errors from its table.
 *
 * Classes say what the caller should do, codes say what happened. Each package has a table of its own; `docs/errors.md` is generated from
 * all of them.
 */
export function defineErrors<const T extends Readonly<Record<string, ErrorRow>>>(table: T): ErrorDefinitions<T> {
  const definitions = Object.entries(table).map(([code, row]) => [code, Object.freeze({ code, ...row })]);
  return Object.freeze(Object.fromEntries(definitions)) as ErrorDefinitions<T>;
}
