import type dgram from "node:dgram";

/** Key of the members that `@groupcast/dgram/register` has replaced; it leaves them on the module, for code that asks later. */
const REPLACED: unique symbol = Symbol.for("groupcast.replaced") as never;

/**
 * Makes a socket of `node:dgram` itself, also where `@groupcast/dgram/register` has put Groupcast in its place. The replacement would make
 * this backend use itself. Loads `node:dgram` with the first socket: programs on the native backend never need it.
 */
export function createSocket(options: dgram.SocketOptions): dgram.Socket {
  const inPlace = process.getBuiltinModule("node:dgram") as typeof dgram & { readonly [REPLACED]?: typeof dgram };
  return (inPlace[REPLACED] ?? inPlace).createSocket(options);
}
