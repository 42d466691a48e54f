import { fileURLToPath } from "node:url";

/** Absolute paths, each with a slash at the end. */
export const ROOT: string = fileURLToPath(new URL("../../../", import.meta.url));
export const SOURCES: string = `${ROOT}packages/bench/programs/`;
export const NODE_PROGRAMS: string = fileURLToPath(new URL("./programs/", import.meta.url));
export const BUILT: string = `${ROOT}.cache/bench/`;
export const PAGE_FOLDER: string = `${ROOT}docs/`;
