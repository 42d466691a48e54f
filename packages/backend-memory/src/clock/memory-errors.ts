import { defineErrors, type ErrorDefinitions, hideFrames } from "@groupcast/base";

hideFrames(import.meta.url);

const TABLE = {
  ERR_CLOCK_LIMIT: {
    class: "StateError",
    meaning: "the clock ran out of calls, or reached limitMs, before the condition held",
    remedy: "check the condition, or pass a higher limitMs",
  },
} as const;

/** Errors that only the memory network has. */
export const MEMORY_ERRORS: ErrorDefinitions<typeof TABLE> = defineErrors(TABLE);

declare module "@groupcast/base" {
  interface ErrorTables {
    /** Table of `@groupcast/backend-memory`. */
    readonly memory: typeof MEMORY_ERRORS;
  }
}
