import { inspect } from "node:util";

/** What was thrown, as an Error: JavaScript lets user code throw anything. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`thrown: ${inspect(thrown)}`, { cause: thrown });
}
