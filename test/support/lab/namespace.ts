// A network namespace: a network stack of its own, with its own interfaces, routes, sysctls and sockets.
import { readdirSync, readlinkSync } from "node:fs";
import { CommandError, runCommand } from "./command.js";
import { isLeftOver } from "./ownership.js";
import { until } from "./until.js";

const NAMESPACES = "/run/netns"; // where ip-netns(8) keeps the names

/** Quiet and immediate: no address is tentative, nothing is solicited, no datagram is refused for its way back. */
const INITIAL_SYSCTLS: Readonly<Record<string, number>> = {
  "net.ipv4.conf.all.rp_filter": 0, // the larger of "all" and the interface's own applies
  "net.ipv4.conf.default.rp_filter": 0,
  "net.ipv6.conf.default.accept_dad": 0, // RFC 4862 5.4: a second of waiting per address
  "net.ipv6.conf.default.accept_ra": 0,
  "net.ipv6.conf.default.router_solicitations": 0,
};

export class Namespace implements AsyncDisposable {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** Creates it with loopback up. */
  static async create(name: string): Promise<Namespace> {
    await runCommand("ip", ["netns", "add", name]);
    const namespace = new Namespace(name);
    await namespace.sysctl(INITIAL_SYSCTLS);
    await namespace.ip(["link set dev lo up"]);
    return namespace;
  }

  /** Runs commands of `ip`, in order, until one fails: `["link set dev eth0 up"]`. */
  async ip(commands: readonly string[]): Promise<void> {
    await runCommand("ip", ["-n", this.name, "-batch", "-"], commands.map((command) => `${command}\n`).join(""));
  }

  /** Asks `ip` a question that it answers in JSON: `["link", "show", "eth0"]`. */
  async ask(question: readonly string[]): Promise<unknown> {
    return JSON.parse((await runCommand("ip", ["-n", this.name, "-json", "-details", ...question])) || "[]");
  }

  /** Runs a program inside, to completion. @returns What it printed. */
  exec(command: string, args: readonly string[], input = ""): Promise<string> {
    return runCommand("ip", ["netns", "exec", this.name, command, ...args], input);
  }

  /** Sets kernel parameters: `{ "net.ipv4.igmp_max_memberships": 5 }`. */
  async sysctl(values: Readonly<Record<string, number | string>>): Promise<void> {
    const lines = Object.entries(values).map(([key, value]) => `echo ${value} > /proc/sys/${key.replaceAll(".", "/")}\n`);
    await this.exec("sh", ["-e"], lines.join(""));
  }

  /** Deletes it, and with it the cables that have an end in it, after killing what its processes left running inside. */
  async [Symbol.asyncDispose](): Promise<void> {
    await emptyAndDelete(this.name);
  }
}

/**
 * Deletes the namespaces of labs whose process is gone, and kills what still runs inside them.
 *
 * @returns Their names.
 */
export async function sweepNamespaces(): Promise<readonly string[]> {
  const leftOver = namespaceNames().filter(isLeftOver);
  for (const name of leftOver) await ifStillThere(name, () => emptyAndDelete(name));
  return leftOver;
}

/** Names of all namespaces there are. */
export function namespaceNames(): readonly string[] {
  try {
    return readdirSync(NAMESPACES);
  } catch {
    return []; // the directory comes with the first namespace
  }
}

/**
 * Kills before it deletes: a namespace lives as long as a process in it, and its cables with it. Whoever is inside was started
 * by the owner of the namespace, or by something it started.
 */
async function emptyAndDelete(name: string): Promise<void> {
  const output = await runCommand("ip", ["netns", "pids", name]);
  const pids = output.split("\n").filter(Boolean).map(Number);
  for (const pid of pids) kill(pid);
  await until(() => !pids.some(isInANamespace), { what: `the processes in the namespace ${name} end` });
  await runCommand("ip", ["netns", "del", name]);
}

/** Two labs that start at once sweep the same left-overs; who comes second finds them gone. */
async function ifStillThere(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CommandError) || namespaceNames().includes(name)) throw error;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A zombie is in none any more. */
function isInANamespace(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) !== "";
  } catch {
    return false;
  }
}
