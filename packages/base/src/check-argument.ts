/** Argument checks that any package needs. Each throws an {@link InvalidArgumentError} that names operation, argument and value. */
import { BASE_ERRORS } from "./base-errors.js";
import { isUint8Array } from "./bytes.js";
import { choiceAdvice } from "./closest-name.js";
import { InvalidArgumentError } from "./errors.js";

/**
 * Returns `value` if it is an integer within `range`, ends included.
 *
 * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`.
 */
export function checkInteger(operation: string, argument: string, value: unknown, range: readonly [min: number, max: number]): number {
  const [min, max] = range;
  const expected = `an integer from ${min} to ${max}`;
  if (typeof value !== "number") throw wrongType(operation, argument, value, expected);
  if (Number.isInteger(value) && value >= min && value <= max) return value + 0; // -0 is 0
  throw outOfRange(operation, argument, value, expected);
}

/** Returns `value` if it is a boolean. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. */
export function checkBoolean(operation: string, argument: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw wrongType(operation, argument, value, "true or false");
}

/** Returns `value` if it is a string. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. */
export function checkString(operation: string, argument: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw wrongType(operation, argument, value, "a string");
}

/** Checks that `value` is a function. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. */
export function checkFunction(operation: string, argument: string, value: unknown): void {
  if (typeof value !== "function") throw wrongType(operation, argument, value, "a function");
}

/** Returns `value` if it is a Uint8Array; a Buffer is one. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. */
export function checkBytes(operation: string, argument: string, value: unknown): Uint8Array {
  if (isUint8Array(value)) return value;
  throw wrongType(operation, argument, value, "a Uint8Array");
}

/**
 * Returns `value` if it is one of `choices`.
 *
 * @throws InvalidArgumentError `ERR_NAME_UNKNOWN`, with the choice that was probably meant; `ERR_ARGUMENT_TYPE`: not a string.
 */
export function checkChoice<Choice extends string>(
  operation: string,
  argument: string,
  value: unknown,
  choices: readonly Choice[],
): Choice {
  if ((choices as readonly unknown[]).includes(value)) return value as Choice;
  const advice = choiceAdvice(value, choices);
  if (typeof value !== "string") throw new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_TYPE, { operation, argument, value, advice });
  throw new InvalidArgumentError(BASE_ERRORS.ERR_NAME_UNKNOWN, { operation, argument, value, advice });
}

/**
 * Returns the options in `value`; an empty object if it is undefined. Refuses keys that are not in `known`: a typing slip must not silently
 * select the default. A key whose value is undefined counts as not given, and is not refused.
 *
 * @param elsewhere - Map of option that another function has → advice to use that one.
 * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`: not an object; `ERR_OPTION_UNKNOWN`, with the option that was probably meant.
 */
export function checkOptions<T extends object>(
  operation: string,
  value: T | undefined,
  known: readonly (keyof T & string)[],
  elsewhere: Readonly<Record<string, string>> = {},
): Partial<T> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) throw wrongType(operation, "options", value, "an object");
  const given = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((key) => !(known as readonly string[]).includes(key) && given[key] !== undefined);
  if (unknown === undefined) return value;
  const advice = Object.hasOwn(elsewhere, unknown) ? elsewhere[unknown]! : choiceAdvice(unknown, known);
  throw new InvalidArgumentError(BASE_ERRORS.ERR_OPTION_UNKNOWN, { operation, argument: "option", value: unknown, advice });
}

/** Returns a copy of `options` without those whose value is undefined: they are not given. */
export function givenOptions<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}

/** Options of `T` that are given. */
export type Given<T> = { readonly [Name in keyof T]: Exclude<T[Name], undefined> };

/**
 * Returns `value` if it is a finite number of milliseconds, `minMs` or more.
 *
 * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`.
 */
export function checkDelay(operation: string, argument: string, value: unknown, minMs = 0): number {
  const expected = minMs === 0 ? "a finite number of milliseconds, 0 or more" : "a finite number of milliseconds";
  if (typeof value !== "number") throw wrongType(operation, argument, value, expected);
  if (Number.isFinite(value) && value >= minMs) return value;
  throw outOfRange(operation, argument, value, expected);
}

/** Makes the error `ERR_ARGUMENT_TYPE` for a value of the wrong type; `expected` names the right one. */
export function wrongType(operation: string, argument: string, value: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_TYPE, { operation, argument, value, expected });
}

/** Makes the error `ERR_ARGUMENT_RANGE` for a value of the right type; `expected` describes the right ones. */
export function outOfRange(operation: string, argument: string, value: unknown, expected: string): InvalidArgumentError {
  const meaning = typeof value === "number" ? {} : { meaning: "is not allowed" };
  return new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_RANGE, { operation, argument, value, expected, ...meaning });
}
