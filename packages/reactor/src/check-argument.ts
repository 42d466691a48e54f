import { type Family, InvalidArgumentError, type OptionName, optionRow } from "@groupcast/backend";

const MAX_PORT = 65_535; // 16 bits (RFC 768)

/** Refuses what is not an integer within `range`, ends included. */
export function checkInteger(operation: string, argument: string, value: unknown, range: readonly [min: number, max: number]): number {
  const [min, max] = range;
  if (typeof value !== "number") throw wrongType(operation, argument, value, "a number");
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new InvalidArgumentError("ERR_ARGUMENT_RANGE", { operation, argument, value, expected: `an integer from ${min} to ${max}` });
  }
  return value;
}

/** Refuses what the option table does not allow for `name`. */
export function checkOption(operation: string, argument: string, name: OptionName, value: unknown): number {
  const { min, max } = optionRow(name);
  return checkInteger(operation, argument, value, [min, max]);
}

/** Refuses what is not a port; `min` is 0 to listen, 1 to send. */
export function checkPort(operation: string, value: unknown, min: 0 | 1, argument = "port"): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= MAX_PORT) return value;
  throw new InvalidArgumentError("ERR_PORT_RANGE", { operation, argument, value });
}

export function checkBoolean(operation: string, argument: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw wrongType(operation, argument, value, "a boolean");
}

export function checkFamily(operation: string, value: unknown): Family | undefined {
  if (value === undefined || value === 4 || value === 6) return value;
  throw wrongType(operation, "family", value, "4 or 6");
}

export function checkString(operation: string, argument: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw wrongType(operation, argument, value, "a string");
}

export function checkFunction(operation: string, argument: string, value: unknown): void {
  if (typeof value !== "function") throw wrongType(operation, argument, value, "a function");
}

export function checkSignal(operation: string, value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw wrongType(operation, "signal", value, "an AbortSignal");
}

/** Refuses what is not an object, and keys that are no option, so that a typing slip is not silently the default; absent counts as empty. */
export function checkOptions<T extends object>(operation: string, value: T | undefined, known: readonly (keyof T & string)[]): Partial<T> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) throw wrongType(operation, "options", value, "an object");
  const unknown = Object.keys(value).find((key) => !(known as readonly string[]).includes(key));
  if (unknown === undefined) return value;
  const expected = `one of ${known.join(", ")}`;
  throw new InvalidArgumentError("ERR_OPTION_UNKNOWN", { operation, argument: "option", value: unknown, expected });
}

/** Refuses what is not a time span in milliseconds. */
export function checkDelay(operation: string, argument: string, value: unknown, minMs = 0): number {
  if (typeof value !== "number") throw wrongType(operation, argument, value, "a number");
  if (Number.isFinite(value) && value >= minMs) return value;
  const expected = minMs === 0 ? "a finite number of milliseconds, 0 or more" : "a finite number of milliseconds";
  throw new InvalidArgumentError("ERR_ARGUMENT_RANGE", { operation, argument, value, expected });
}

/** The error for a value whose type cannot be right. */
export function wrongType(operation: string, argument: string, value: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError("ERR_ARGUMENT_TYPE", { operation, argument, value, expected });
}
