// What vitest does before the tests: the packages export their bundles, and those must be of what was compiled last.
import { bundle } from "./setup.mjs";

export const setup = bundle;
