// A foreign program that a role starts, and ends.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_AGAIN_MS = 20;

/**
 * Starts a program that stays.
 *
 * @param {string} command
 * @param {readonly string[]} args
 */
export function start(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const output of [child.stdout, child.stderr]) output.setEncoding("utf8").on("data", (text) => (printed += text));
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.once("error", (error) => (printed += error.message));
  return {
    /** Waits until it has printed something, in whole lines, and returns what matched. @param {RegExp} pattern */
    async printed(pattern) {
      for (;;) {
        const match = printed.slice(0, printed.lastIndexOf("\n") + 1).match(pattern);
        if (match !== null) return match;
        if (child.exitCode !== null || child.pid === undefined) throw new Error(`${command} ended without ${pattern}:\n${printed}`);
        await sleep(LOOK_AGAIN_MS);
      }
    },
    /** Waits until it listens on a port of UDP over IPv4: proc_pid_net(5). @param {number} port */
    async listens(port) {
      const local = new RegExp(`^ *\\d+: [\\dA-F]{8}:${port.toString(16).toUpperCase().padStart(4, "0")} `, "m");
      while (!local.test(readFileSync("/proc/net/udp", "utf8"))) {
        if (child.exitCode !== null || child.pid === undefined) throw new Error(`${command} ended before it listened:\n${printed}`);
        await sleep(LOOK_AGAIN_MS);
      }
    },
    /** Waits for its end, and returns what it printed. */
    async ended() {
      const code = await ended;
      if (code !== 0) throw new Error(`${command} ended with exit code ${code}:\n${printed}`);
      return printed;
    },
    /** Ends it. */
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
