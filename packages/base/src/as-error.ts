import { inspect } from "node:util";

/** Returns `thrown` as an Error. JavaScript lets user code throw anything, values that `inspect` cannot show included. */
export function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(`thrown: ${shown(thrown)}`, { cause: thrown });
}

/** A proxy runs user code when it is asked for its prototype, and a revoked one throws. */
function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error;
  } catch {
    return false;
  }
}

/** Returns `thrown` as text, whatever its `toString`, `stack` or `util.inspect.custom` do. */
export function shown(thrown: unknown): string {
  try {
    return inspect(thrown);
  } catch {
    return "a value that throws when it is shown";
  }
}
