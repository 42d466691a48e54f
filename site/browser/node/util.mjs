// Stands in for node:util: how values are shown in messages, the names of errnos, and what is a Uint8Array.
import { SYSTEM_ERRORS } from "system-errors";

/** @returns {Map<number, [name: string, message: string]>} */
export function getSystemErrorMap() {
  return new Map(SYSTEM_ERRORS);
}

/** @param {unknown} value @returns {string} */
export function inspect(value) {
  if (value instanceof Error) return value.stack ?? String(value);
  if (typeof value === "string") return `'${value}'`;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
inspect.custom = Symbol.for("nodejs.util.inspect.custom");

const { get: nameOfTypedArray } = /** @type {{ get(): unknown }} */ (
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
);

export const types = {
  /** @param {unknown} value @returns {value is Uint8Array} */
  isUint8Array: (value) => nameOfTypedArray.call(value) === "Uint8Array",
};

/** NODE_DEBUG, which no page has. */
export function debuglog() {
  return Object.assign(() => {}, { enabled: false });
}

/** @param {object} _ @param {unknown[]} values @returns {string} */
export function formatWithOptions(_, ...values) {
  return values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ");
}
