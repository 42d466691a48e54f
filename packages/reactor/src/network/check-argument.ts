/** Checks of arguments that speak of ports and socket options. */

import { type Family, MAX_PORT, type OptionName, optionRow } from "@groupcast/backend";
import { checkInteger, InvalidArgumentError, wrongType } from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";

/** Refuses what the option table does not allow for `name`. */
export function checkOption(operation: string, argument: string, name: OptionName, value: unknown): number {
  const { min, max } = optionRow(name);
  return checkInteger(operation, argument, value, [min, max]);
}

/** Refuses what is not a port; `min` is 0 to listen, 1 to send. */
export function checkPort(operation: string, value: unknown, min: 0 | 1, argument = "port"): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= MAX_PORT) return value;
  throw new InvalidArgumentError(REACTOR_ERRORS.ERR_PORT_RANGE, { operation, argument, value });
}

/** Refuses what is neither absent nor an IP version. */
export function checkFamily(operation: string, value: unknown): Family | undefined {
  if (value === undefined || value === 4 || value === 6) return value;
  throw wrongType(operation, "family", value, "4 or 6");
}
