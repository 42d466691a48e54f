/**
 * A loopback interface of our own. As root the benchmark runs in its own network namespace: nobody else's datagrams are in the way,
 * and the interface can be told to cut up runs on the sender's side, which keeps receivers busy (programs/c/loopback.h).
 */
import { spawnSync } from "node:child_process";
import { LOAD } from "./peers.js";

const MARK = "GROUPCAST_BENCH_NAMESPACE";

export function isIsolated(): boolean {
  return process.env[MARK] === "1";
}

/** Runs this program again in a namespace of its own and returns its exit code; nothing when that is not to be had. */
export function runIsolated(): number | undefined {
  if (isIsolated() || process.getuid?.() !== 0) return undefined;
  if (spawnSync("unshare", ["-n", "true"]).status !== 0) return undefined;
  const [node, ...args] = process.argv;
  const { status } = spawnSync("unshare", ["-n", node!, ...args], { stdio: "inherit", env: { ...process.env, [MARK]: "1" } });
  return status ?? 1;
}

/** Whether a run that is sent as one arrives as one, or as single datagrams. */
export function setLoopback(keepsRuns: boolean): void {
  if (!isIsolated()) return;
  const { status, stderr } = spawnSync(LOAD, ["loopback", `segmentation=${keepsRuns ? 1 : 0}`], { encoding: "utf8" });
  if (status !== 0) throw new Error(`cannot set up the loopback interface: ${stderr.trim()}`);
}
