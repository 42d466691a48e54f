import { hideFrames } from "./caller-stack.js";
import { defineErrors, type ErrorDefinitions } from "./define-errors.js";

hideFrames(import.meta.url);

const TABLE = {
  ERR_ARGUMENT_TYPE: { class: "InvalidArgumentError", meaning: "has the wrong type", remedy: "pass a value of the expected type" },
  ERR_ARGUMENT_RANGE: { class: "InvalidArgumentError", meaning: "is out of range", remedy: "pass a value within the allowed range" },
  ERR_OPTION_UNKNOWN: {
    class: "InvalidArgumentError",
    meaning: "is not known here",
    remedy: "check the spelling against the known options",
  },
  ERR_NAME_UNKNOWN: { class: "InvalidArgumentError", meaning: "is unknown", remedy: "check the spelling against the known names" },
} as const;

/** Errors that any function with arguments can throw. */
export const BASE_ERRORS: ErrorDefinitions<typeof TABLE> = defineErrors(TABLE);
