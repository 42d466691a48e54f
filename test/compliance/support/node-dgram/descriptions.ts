// Words for what a program sees. Port numbers differ from run to run: each is named after its socket.
import type { Socket } from "node:dgram";

/** Port number → socket, as far as the program has learnt them. */
export type Names = ReadonlyMap<number, string>;

const FIELDS = ["name", "code", "message", "syscall", "errno", "address", "port", "hostname"] as const;

/** Everything about an error that programs look at. */
export function describeError(error: unknown, names: Names): string {
  if (!(error instanceof Error)) return `not an error: ${String(error)}`;
  if (error instanceof TypeError && !("code" in error)) return "a TypeError of V8"; // whose words are V8's
  const fields = FIELDS.map((field) => [field, (error as unknown as Record<string, unknown>)[field]] as const);
  const told = fields.filter(([, value]) => value !== undefined).map(([field, value]) => `${field} ${withNames(value, names)}`);
  const cause = error.cause === undefined ? "" : `, because of ${describeError(error.cause, names)}`;
  const kinds = [TypeError, RangeError, AggregateError].filter((kind) => error instanceof kind).map(({ name }) => name);
  return `${kinds.join(" ")}{${told.join(", ")}}${cause}`;
}

/** A value that is returned, or handed to a callback. */
export function describeValue(value: unknown, socket: Socket, names: Names): string {
  if (value === socket) return "the socket";
  if (value instanceof Error) return describeError(value, names);
  if (value instanceof Promise) return "a promise";
  if (Buffer.isBuffer(value)) return `${value.length} bytes "${value.subarray(0, 4)}"`;
  if (typeof value !== "object" || value === null) return String(value);
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === "number" ? withNames(part, names) : part));
}

function withNames(value: unknown, names: Names): string {
  const text = typeof value === "function" ? "a function" : String(value);
  return text.replaceAll(/\d{4,5}/g, (digits) => names.get(Number(digits)) ?? digits);
}
