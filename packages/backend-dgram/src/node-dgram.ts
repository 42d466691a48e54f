import dgram from "node:dgram";

/** Key of the members that `@groupcast/dgram/register` has replaced; it leaves them on the module, for modules that are evaluated later. */
const REPLACED: unique symbol = Symbol.for("groupcast.replaced") as never;

const { createSocket: inPlace, [REPLACED]: replaced } = dgram as typeof dgram & { readonly [REPLACED]?: typeof dgram };

/**
 * `createSocket` of `node:dgram` itself, also where `@groupcast/dgram/register` has put Groupcast in its place. An import of its name would
 * follow the replacement, and this backend would use itself.
 */
export const createSocket: typeof dgram.createSocket = replaced?.createSocket ?? inPlace;
