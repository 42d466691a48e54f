/** Checks of arguments that any package needs. Each refuses with an {@link InvalidArgumentError} that names operation, argument and value. */
import { BASE_ERRORS } from "./base-errors.js";
import { InvalidArgumentError } from "./errors.js";

/** Refuses what is not an integer within `range`, ends included. */
export function checkInteger(operation: string, argument: string, value: unknown, range: readonly [min: number, max: number]): number {
  const [min, max] = range;
  if (typeof value !== "number") throw wrongType(operation, argument, value, "a number");
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw outOfRange(operation, argument, value, `an integer from ${min} to ${max}`);
}

/** Refuses what is not a boolean. */
export function checkBoolean(operation: string, argument: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw wrongType(operation, argument, value, "a boolean");
}

/** Refuses what is not a string. */
export function checkString(operation: string, argument: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw wrongType(operation, argument, value, "a string");
}

/** Refuses what is not a function. */
export function checkFunction(operation: string, argument: string, value: unknown): void {
  if (typeof value !== "function") throw wrongType(operation, argument, value, "a function");
}

/** Refuses what is not a Uint8Array; a Buffer is one. */
export function checkBytes(operation: string, argument: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw wrongType(operation, argument, value, "a Uint8Array");
}

/** Refuses what is neither absent nor an AbortSignal. */
export function checkSignal(operation: string, value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw wrongType(operation, "signal", value, "an AbortSignal");
}

/** Refuses what is not an object, and keys that are no option: a typing slip must not silently be the default. Absent counts as empty. */
export function checkOptions<T extends object>(operation: string, value: T | undefined, known: readonly (keyof T & string)[]): Partial<T> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) throw wrongType(operation, "options", value, "an object");
  const unknown = Object.keys(value).find((key) => !(known as readonly string[]).includes(key));
  if (unknown === undefined) return value;
  const expected = `one of ${known.join(", ")}`;
  throw new InvalidArgumentError(BASE_ERRORS.ERR_OPTION_UNKNOWN, { operation, argument: "option", value: unknown, expected });
}

/** Refuses what is not a time span in milliseconds. */
export function checkDelay(operation: string, argument: string, value: unknown, minMs = 0): number {
  if (typeof value !== "number") throw wrongType(operation, argument, value, "a number");
  if (Number.isFinite(value) && value >= minMs) return value;
  const expected = minMs === 0 ? "a finite number of milliseconds, 0 or more" : "a finite number of milliseconds";
  throw outOfRange(operation, argument, value, expected);
}

/** Makes the error for a value whose type cannot be right. */
export function wrongType(operation: string, argument: string, value: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_TYPE, { operation, argument, value, expected });
}

/** Makes the error for a value of the right type that is out of range. */
export function outOfRange(operation: string, argument: string, value: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_RANGE, { operation, argument, value, expected });
}
