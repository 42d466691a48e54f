import { hideFrames } from "./caller-stack.js";
import { defineErrors, type ErrorDefinitions } from "./define-errors.js";

hideFrames(import.meta.url);

const TABLE = {
  ERR_ARGUMENT_TYPE: { class: "InvalidArgumentError", meaning: "is of the wrong type", remedy: "pass the type that is named" },
  ERR_ARGUMENT_RANGE: { class: "InvalidArgumentError", meaning: "is out of range", remedy: "pass a value within the range that is named" },
  ERR_OPTION_UNKNOWN: {
    class: "InvalidArgumentError",
    meaning: "is not known here",
    remedy: "check the spelling against the options that are named",
  },
  ERR_NAME_UNKNOWN: { class: "InvalidArgumentError", meaning: "is unknown", remedy: "check the spelling against the names that there are" },
} as const;

/** Errors that any function with arguments can throw. */
export const BASE_ERRORS: ErrorDefinitions<typeof TABLE> = defineErrors(TABLE);
