// A host that passes multicast on between its interfaces: SMCRoute, a static multicast router, smcrouted(8).
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CommandError } from "./command.js";
import { InsideProcess } from "./inside-process.js";
import type { Namespace } from "./namespace.js";
import { until } from "./until.js";

const FORWARDING = { "net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1 } as const;

/** What is passed on. */
export interface MulticastRoute {
  /** Name of the interface where it arrives. The router joins the group there, so that a snooping switch sends it. */
  readonly from: string;
  readonly group: string;
  /** Only of this sender. Default: of all. */
  readonly source?: string;
  /** Names of the interfaces where it leaves, with a TTL of one less. */
  readonly to: readonly string[];
}

/** Where it runs. */
export interface RouterPlace {
  readonly namespace: Namespace;
  /** Name of the host. */
  readonly name: string;
  /** For its files; the same one for one router only. */
  readonly directory: string;
}

export class MulticastRouter implements AsyncDisposable {
  readonly #namespace: Namespace;
  readonly #process: InsideProcess;
  readonly #socket: string;

  private constructor(namespace: Namespace, process: InsideProcess, socket: string) {
    this.#namespace = namespace;
    this.#process = process;
    this.#socket = socket;
  }

  /** Starts it and waits until the routes are in force. */
  static async start({ namespace, name, directory }: RouterPlace, routes: readonly MulticastRoute[]): Promise<MulticastRouter> {
    await namespace.sysctl(FORWARDING);
    const [config, pid, socket] = ["conf", "pid", "sock"].map((kind) => join(directory, `${name}.${kind}`)) as [string, string, string];
    await writeFile(config, configurationOf(routes));
    // -N: only the interfaces that the routes name; -n: in the foreground, so that it is ended by its pid
    const args = ["-N", "-n", "-f", config, "-i", name, "-P", pid, "-u", socket];
    const router = new MulticastRouter(namespace, new InsideProcess(namespace, { command: "smcrouted", args }), socket);
    await until(() => router.#isRouting(), { what: `smcrouted in ${name} answers` });
    return router;
  }

  /** What smcroutectl(8) says of the routes and how often they were used. */
  show(): Promise<string> {
    return this.#namespace.exec("smcroutectl", ["-u", this.#socket, "-d", "show", "routes"]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }

  async #isRouting(): Promise<boolean> {
    if (this.#process.hasEnded) throw new Error(this.#process.describeExit(await this.#process.exited()));
    try {
      await this.show();
      return true;
    } catch (error) {
      if (error instanceof CommandError) return false; // it listens to its socket once the configuration is in force
      throw error;
    }
  }
}

function configurationOf(routes: readonly MulticastRoute[]): string {
  const names = new Set(routes.flatMap(({ from, to }) => [from, ...to]));
  const lines = [...names].map((name) => `phyint ${name} enable`); // before all that refers to them, smcroute.conf(5)
  for (const { from, group, source, to } of routes) {
    const flow = `from ${from} ${source === undefined ? "" : `source ${source} `}group ${group}`;
    lines.push(`mgroup ${flow}`, `mroute ${flow} to ${to.join(" ")}`);
  }
  return `${lines.join("\n")}\n`;
}
