import { checkString, SystemError } from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import { unknownInterface } from "./interface-selector.js";
import type { InterfaceSource } from "./zone.js";

/**
 * Returns the index of the interface called `name`; 0 for `"default"`.
 *
 * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_INTERFACE_UNKNOWN`. @throws SystemError `ERR_INTERFACES`.
 */
export function indexOfInterface(operation: string, argument: string, value: unknown, interfaces: InterfaceSource): number {
  const name = checkString(operation, argument, value);
  if (name === "default") return 0;
  const selected = interfaces.select({ by: "name", name });
  if (typeof selected === "number") throw new SystemError(REACTOR_ERRORS.ERR_INTERFACES, { operation, errno: selected });
  if (selected[0] !== undefined) return selected[0].index;
  throw unknownInterface(operation, argument, value, interfaces.current());
}
