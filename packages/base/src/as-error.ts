import { inspect } from "node:util";

/** Returns `thrown` as an Error. JavaScript lets user code throw anything, values that `inspect` cannot show included. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`thrown: ${shown(thrown)}`, { cause: thrown });
}

function shown(thrown: unknown): string {
  try {
    return inspect(thrown);
  } catch {
    return "a value that throws when it is shown";
  }
}
