/**
 * A loopback interface of the benchmark's own. It runs in its own network namespace: no other program's datagrams disturb it, and the interface
 * can be set to cut up runs on the sender's side, which keeps receivers busy (programs/c/loopback.h). Making one takes root, which an ordinary user
 * is in the user namespace that scripts/bench.mjs makes.
 */
import { spawnSync } from "node:child_process";
import { LOAD } from "./peers.js";

const MARK = "GROUPCAST_BENCH_NAMESPACE";

export const NEEDS_NAMESPACE = "needs a network namespace of its own: run it as root, or allow unprivileged user namespaces";

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

/** Well below what any sender manages, and a queue longer than any send buffer: the device drops nothing, senders wait for it. */
const SLOWLY = ["tbf", "rate", "40mbit", "burst", "32kb", "limit", "8mb"];

/** Runs `use` while the loopback interface passes on 40 Mbit/s. */
export async function onSlowDevice<T>(use: () => Promise<T>): Promise<T> {
  if (!isIsolated()) throw new Error(NEEDS_NAMESPACE);
  const { status, stderr, error } = spawnSync("tc", ["qdisc", "replace", "dev", "lo", "root", ...SLOWLY], { encoding: "utf8" });
  if (status !== 0) throw new Error(`cannot slow the loopback interface down: ${error === undefined ? stderr.trim() : "no tc on PATH"}`);
  try {
    return await use();
  } finally {
    spawnSync("tc", ["qdisc", "delete", "dev", "lo", "root"]);
  }
}
