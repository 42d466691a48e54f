import dgram from "node:dgram";
import { syncBuiltinESMExports } from "node:module";

/** Key on the module under which its own members remain: for `@groupcast/backend-dgram`, which stands on them. */
const REPLACED: unique symbol = Symbol.for("groupcast.replaced") as never;

/** Members of `node:dgram` that Groupcast replaces. */
type Replacement = Pick<typeof dgram, "createSocket" | "Socket">;

/**
 * Replaces members of `node:dgram`, once in a thread.
 *
 * There is one object behind `require("dgram")`, `process.getBuiltinModule("dgram")` and the default import, and named imports follow its
 * members, whenever their modules were loaded. A member that a program has copied to a variable before is out of reach.
 */
export function replaceNodeDgram({ createSocket, Socket }: Replacement): void {
  if (REPLACED in dgram) return;
  Object.defineProperty(dgram, REPLACED, { value: { ...dgram } });
  Object.assign(dgram, { createSocket, Socket });
  syncBuiltinESMExports();
}
