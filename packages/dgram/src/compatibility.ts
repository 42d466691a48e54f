const VARIABLE = "GROUPCAST_DGRAM";

/**
 * Whether sockets that are made now behave as those of `node:dgram` also where that is worse: `GROUPCAST_DGRAM=compatible` in the
 * environment. docs/drop-in.md has the table.
 */
export function isCompatible(): boolean {
  return process.env[VARIABLE] === "compatible";
}
