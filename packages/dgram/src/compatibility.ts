const VARIABLE = "GROUPCAST_DGRAM";

/**
 * Whether new sockets behave like those of `node:dgram` even where that is worse: `GROUPCAST_DGRAM=compatible` in the
 * environment. docs/drop-in.md has the table.
 */
export function isCompatible(): boolean {
  return process.env[VARIABLE] === "compatible";
}
