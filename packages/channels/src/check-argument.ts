import { InvalidArgumentError } from "groupcast";

/** Refuses what is not an integer within `range`, ends included. */
export function checkInteger(operation: string, argument: string, value: unknown, range: readonly [min: number, max: number]): number {
  const [min, max] = range;
  if (typeof value !== "number") throw wrongType(operation, argument, value, "a number");
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InvalidArgumentError("ERR_ARGUMENT_RANGE", { operation, argument, value, expected: `an integer from ${min} to ${max}` });
}

export function checkBoolean(operation: string, argument: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw wrongType(operation, argument, value, "a boolean");
}

export function checkString(operation: string, argument: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw wrongType(operation, argument, value, "a string");
}

export function checkFunction(operation: string, argument: string, value: unknown): void {
  if (typeof value !== "function") throw wrongType(operation, argument, value, "a function");
}

export function checkBytes(operation: string, argument: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw wrongType(operation, argument, value, "a Uint8Array");
}

/** Refuses what is not an object, and keys that are no option: a typing slip must not silently be the default. Absent counts as empty. */
export function checkOptions<T extends object>(operation: string, value: T | undefined, known: readonly (keyof T & string)[]): Partial<T> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) throw wrongType(operation, "options", value, "an object");
  const unknown = Object.keys(value).find((key) => !(known as readonly string[]).includes(key));
  if (unknown === undefined) return value;
  const expected = `one of ${known.join(", ")}`;
  throw new InvalidArgumentError("ERR_OPTION_UNKNOWN", { operation, argument: "option", value: unknown, expected });
}

/** The error for a value whose type cannot be right. */
export function wrongType(operation: string, argument: string, value: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError("ERR_ARGUMENT_TYPE", { operation, argument, value, expected });
}
