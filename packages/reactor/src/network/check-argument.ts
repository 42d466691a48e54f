/** Checks of arguments that are port numbers, IP versions and socket options. */

import { type Family, MAX_PORT, type OptionName, optionRow } from "@groupcast/backend";
import { checkInteger, InvalidArgumentError, wrongType } from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";

/** Returns `value` if the option table allows it for `name`. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`. */
export function checkOption(operation: string, argument: string, name: OptionName, value: unknown): number {
  const { min, max } = optionRow(name);
  return checkInteger(operation, argument, value, [min, max]);
}

/** Returns `value` if it is a port number; `min` is 0 to listen, 1 to send. @throws InvalidArgumentError `ERR_PORT_RANGE`. */
export function checkPort(operation: string, value: unknown, min: 0 | 1, argument = "port"): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= MAX_PORT) return value;
  const expected = `an integer from ${min} to ${MAX_PORT}${min === 0 ? " (0 picks a free port)" : ""}`;
  throw new InvalidArgumentError(REACTOR_ERRORS.ERR_PORT_RANGE, { operation, argument, value, expected });
}

/** Returns `value` if it is an IP version or undefined. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. */
export function checkFamily(operation: string, value: unknown): Family | undefined {
  if (value === undefined || value === 4 || value === 6) return value;
  throw wrongType(operation, "family", value, "4 or 6");
}
