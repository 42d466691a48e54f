import node from "node:dgram";

const KEY: unique symbol = Symbol.for("@groupcast/dgram") as never;

/**
 * Returns the facade of the copy of this package that is evaluated first in a thread; `own` where there is none before.
 *
 * The hook is a file with everything in it, and so a copy of its own. Packages ask with `instanceof` whether a socket is one: there has to
 * be one `Socket`.
 */
export function firstFacade<Facade extends object>(own: Facade): Facade {
  const first = (node as { readonly [KEY]?: Facade })[KEY];
  if (first !== undefined) return first;
  Object.defineProperty(node, KEY, { value: own });
  return own;
}
