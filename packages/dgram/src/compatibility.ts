const VARIABLE = "GROUPCAST_DGRAM";

let isCompatibleNow: boolean | undefined;

/** Whether sockets behave as those of `node:dgram` also where that is worse: `GROUPCAST_DGRAM=compatible`, or {@link setCompatible}. */
export function isCompatible(): boolean {
  isCompatibleNow ??= process.env[VARIABLE] === "compatible";
  return isCompatibleNow;
}

/**
 * Makes sockets that are bound from now on behave as those of `node:dgram` also where that is worse; docs/drop-in.md has the table.
 *
 * @param on - Whether they do. Default: `GROUPCAST_DGRAM=compatible` in the environment.
 */
export function setCompatible(on: boolean): void {
  isCompatibleNow = on;
}
