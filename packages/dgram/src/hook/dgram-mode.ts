import { checkChoice } from "@groupcast/base";

const VARIABLE = "GROUPCAST_DGRAM";
const MODES = ["better", "compatible", "off"] as const;

/** Behaviour that the environment asks for: Groupcast's own where that is better, node's in everything, or no Groupcast. */
export type DgramMode = (typeof MODES)[number];

/**
 * Returns the mode that the environment variable `GROUPCAST_DGRAM` names; "better" without it.
 *
 * @throws InvalidArgumentError `ERR_NAME_UNKNOWN`: it names none.
 */
export function dgramMode(): DgramMode {
  return checkChoice("register", VARIABLE, process.env[VARIABLE] || "better", MODES);
}
