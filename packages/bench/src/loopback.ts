/**
 * A loopback interface of the benchmark's own. It runs in its own network namespace: no other program's datagrams disturb it, and the interface
 * can be set to cut up runs on the sender's side, which keeps receivers busy (programs/c/loopback.h). Making one takes root, which an ordinary user
 * is in the user namespace that scripts/bench.mjs makes.
 */
import { spawnSync } from "node:child_process";
import { LOAD } from "./peers.js";

const MARK = "GROUPCAST_BENCH_NAMESPACE";

export function isIsolated(): boolean {
  return process.env[MARK] === "1";
}

/** Runs this program again in a namespace of its own and returns its exit code; undefined when the system does not allow it. */
export function runIsolated(): number | undefined {
  if (isIsolated() || process.getuid?.() !== 0) return undefined;
  if (spawnSync("unshare", ["-n", "true"]).status !== 0) return undefined;
  const [node, ...args] = process.argv;
  const { status } = spawnSync("unshare", ["-n", node!, ...args], { stdio: "inherit", env: { ...process.env, [MARK]: "1" } });
  return status ?? 1;
}

/** Sets whether a run that is sent as one arrives as one, or as single datagrams. */
export function setLoopback(keepsRuns: boolean): void {
  if (!isIsolated()) return;
  const { status, stderr } = spawnSync(LOAD, ["loopback", `segmentation=${keepsRuns ? 1 : 0}`], { encoding: "utf8" });
  if (status !== 0) throw new Error(`cannot set up the loopback interface: ${stderr.trim()}`);
}
