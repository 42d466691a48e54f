import { parsedJson } from "../payload/payload-view.js";

const NS_PER_MS = 1e6;
const UNITS: readonly { readonly below: number; readonly perMs: number }[] = [
  { below: 1e11, perMs: 1e-3 }, // seconds, to the year 5138
  { below: 1e14, perMs: 1 }, // milliseconds
  { below: 1e17, perMs: 1e3 }, // microseconds
  { below: Number.POSITIVE_INFINITY, perMs: NS_PER_MS }, // nanoseconds
];

/**
 * Returns the sending time that a message of JSON carries, in milliseconds since 1970; undefined if it carries none.
 *
 * A number is seconds, milliseconds, microseconds or nanoseconds, by its size; text is a number, or a date as ISO 8601 has it.
 *
 * @param path - Names of fields with dots between them: `"header.stamp"`.
 */
export function sendingTimeMs(data: Buffer, path: string): number | undefined {
  let value: unknown = parsedJson(data.toString());
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && number > 0 && Number.isFinite(number)) {
    return number / UNITS.find(({ below }) => number < below)!.perMs;
  }
  const date = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : date;
}
