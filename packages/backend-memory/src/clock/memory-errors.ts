import { defineErrors, type ErrorDefinitions } from "@groupcast/base";

const TABLE = {
  ERR_CLOCK_LIMIT: {
    class: "StateError",
    meaning: "what a manual clock was to wait for has not happened within its limit",
    remedy: "look why it does not, or pass a higher limitMs",
  },
} as const;

/** Errors that only the memory network has. */
export const MEMORY_ERRORS: ErrorDefinitions<typeof TABLE> = defineErrors(TABLE);
