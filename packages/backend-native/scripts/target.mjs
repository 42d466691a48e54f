// The platform of the running Node, as files in prebuilds/ are named: src/load-addon.ts looks for the same name.
import { readFileSync } from "node:fs";

const INTERPRETER_BYTES = 4096; // an ELF file names its loader, and so its C library, near its start

/** Returns `<platform>-<arch>-<glibc|musl>` of the running Node. */
export function runningTarget() {
  const libc = readFileSync(process.execPath).subarray(0, INTERPRETER_BYTES).includes("/ld-musl-") ? "musl" : "glibc";
  return `${process.platform}-${process.arch}-${libc}`;
}
