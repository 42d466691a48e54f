import type { ReactorOptions } from "@groupcast/reactor";

/** A logger that keeps nothing: attacks provoke more errors than anybody reads. */
export const SILENT: NonNullable<ReactorOptions["logger"]> = { info() {}, warn() {}, error() {} };
