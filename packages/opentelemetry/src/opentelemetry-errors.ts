import { defineErrors, type ErrorDefinitions, hideFrames } from "@groupcast/base";

hideFrames(import.meta.url);

const TABLE = {
  ERR_ALREADY_INSTRUMENTED: {
    class: "StateError",
    meaning: "the meter provider already has the metrics of a reactor of this name",
    remedy: "stop the first instrumentation, or pass another name, because two series with equal attributes overwrite each other",
  },
} as const;

/** The errors that only instrumentation has: code → its class, its meaning, and advice. */
export const OPENTELEMETRY_ERRORS: ErrorDefinitions<typeof TABLE> = defineErrors(TABLE);

declare module "@groupcast/base" {
  interface ErrorTables {
    /** Table of `@groupcast/opentelemetry`. */
    readonly opentelemetry: typeof OPENTELEMETRY_ERRORS;
  }
}
