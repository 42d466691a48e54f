import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "./inside-process.js";

const KEEP_GROUPS = fileURLToPath(new URL("./programs/keep-groups.py", import.meta.url));

/**
 * Returns the command that runs tcpdump(8) with `args`. It refuses to run as root where it cannot set its groups, as in a user namespace:
 * user_namespaces(7).
 */
export function tcpdump(args: readonly string[]): Command {
  const maySetGroups = readFileSync("/proc/self/setgroups", "utf8").trim() === "allow";
  return maySetGroups ? { command: "tcpdump", args } : { command: "python3", args: [KEEP_GROUPS, "tcpdump", ...args] };
}
