/** Facts about the machine that the figures depend on. */
import { spawnSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";
import { ROOT } from "./folders.js";
import { isIsolated } from "./loopback.js";
import type { Options } from "./options.js";
import type { Peer } from "./peers.js";
import { IS_PINNED } from "./program.js";

export interface Machine {
  readonly date: string;
  readonly commit: string;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly setting: string;
  readonly versions: Readonly<Record<string, string>>;
}

export function machine(peers: readonly Peer[], { rounds }: Options): Machine {
  const processors = cpus();
  const pinned = IS_PINNED ? "program and load pinned to a core each" : "not pinned: one core";
  const network = isIsolated() ? "a network namespace of its own" : "the host's loopback interface";
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT, encoding: "utf8" }).stdout?.trim() ?? "",
    processor: `${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `Linux ${release().split("-")[0]}`,
    setting: `${pinned}, ${network}, ${rounds} rounds`,
    versions: Object.fromEntries(peers.map((peer) => [peer.name, peer.version()])),
  };
}
