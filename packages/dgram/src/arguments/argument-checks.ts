/** Argument checks as Node has them: same code, same message. Each returns the value, or throws. */
import { nodeError } from "./node-errors.js";

const MAX_PORT = 65_535;
const MAX_UINT32 = 0xffff_ffff;

/** Returns the port number; a string may spell it. @throws RangeError `ERR_SOCKET_BAD_PORT`. */
export function checkPort(port: unknown, name: string, isZeroAllowed: boolean): number {
  const isSpelled = typeof port === "number" || (typeof port === "string" && port.trim() !== "");
  const number = isSpelled ? Number(port) : Number.NaN;
  if (Number.isInteger(number) && number >= (isZeroAllowed ? 0 : 1) && number <= MAX_PORT) return number;
  throw nodeError("ERR_SOCKET_BAD_PORT", name, isZeroAllowed, port);
}

/** @throws TypeError `ERR_INVALID_ARG_TYPE`. */
export function checkString(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw nodeError("ERR_INVALID_ARG_TYPE", name, "of type string", value);
}

/** @throws TypeError `ERR_INVALID_ARG_TYPE`. */
export function checkNumber(value: unknown, name: string): number {
  if (typeof value === "number") return value;
  throw nodeError("ERR_INVALID_ARG_TYPE", name, "of type number", value);
}

/** @throws TypeError `ERR_INVALID_ARG_TYPE`. */
export function checkFunction(value: unknown, name: string): void {
  if (typeof value !== "function") throw nodeError("ERR_INVALID_ARG_TYPE", name, "of type function", value);
}

/** @throws TypeError `ERR_INVALID_ARG_TYPE`. */
export function checkObject(value: unknown, name: string): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw nodeError("ERR_INVALID_ARG_TYPE", name, "of type object", value);
}

/** @throws TypeError `ERR_INVALID_ARG_TYPE`. @throws RangeError `ERR_OUT_OF_RANGE`. */
export function checkUint32(value: unknown, name: string): void {
  const number = checkNumber(value, name);
  if (!Number.isInteger(number)) throw nodeError("ERR_OUT_OF_RANGE", name, "an integer", number);
  if (number < 0 || number > MAX_UINT32) throw nodeError("ERR_OUT_OF_RANGE", name, `>= 0 && <= ${MAX_UINT32}`, number);
}

/** @throws TypeError `ERR_INVALID_ARG_TYPE`. */
export function checkSignal(value: unknown, name: string): AbortSignal {
  if (typeof value === "object" && value !== null && "aborted" in value) return value as AbortSignal;
  throw nodeError("ERR_INVALID_ARG_TYPE", name, "an instance of AbortSignal", value);
}
