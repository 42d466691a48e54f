// Stands in for node:util: how values are shown in messages, and the names of errnos.
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

/** NODE_DEBUG, which no page has. */
export function debuglog() {
  return Object.assign(() => {}, { enabled: false });
}

/** @param {object} _ @param {unknown[]} values @returns {string} */
export function formatWithOptions(_, ...values) {
  return values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ");
}
