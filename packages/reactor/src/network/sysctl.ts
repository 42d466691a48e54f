import { readFileSync } from "node:fs";

/** Returns the value of a Linux sysctl, as text for an error's advice; undefined elsewhere. */
export function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, "utf8").trim();
  } catch {
    return undefined; // another OS, or /proc is not mounted: the advice then lacks the number
  }
}
