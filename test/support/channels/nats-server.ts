// A NATS server for tests, on a loopback port of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { until } from "../lab/until.js";
import { hasCommand, type Probe } from "../probe.js";
import { unusedPort } from "../unused-port.js";

const READY = /Server is ready/;
const STOPPED = /\) T /; // proc_pid_stat(5)
const STARTING_LIMIT_MS = 5_000;

export const hasNatsServer: Probe = hasCommand("nats-server", "nats-server");

/** How to start it. */
export interface NatsServerOptions {
  readonly user?: string;
  readonly pass?: string;
  /** What that user may do, in the server's configuration language. */
  readonly permissions?: string;
  /** Default: any free one. */
  readonly port?: number;
  /** Further lines of its configuration, such as `max_payload: 2KB`. */
  readonly settings?: string;
  /** Added to its environment, from which its configuration can take passwords. */
  readonly env?: Readonly<Record<string, string>>;
}

export class NatsServer implements AsyncDisposable {
  readonly port: number;
  readonly #options: NatsServerOptions;
  #child: ChildProcess;

  private constructor(child: ChildProcess, port: number, options: NatsServerOptions) {
    this.#child = child;
    this.port = port;
    this.#options = options;
  }

  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const port = options.port ?? (await unusedPort());
    return new NatsServer(await launch(port, options), port, options);
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Ends it as a power cut does. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }

  /** Stops it where it is, as a power cut does for its peers: it takes nothing more, and says nothing. */
  async freeze(): Promise<void> {
    this.#child.kill("SIGSTOP");
    const isStopped = async (): Promise<boolean> => STOPPED.test(await readFile(`/proc/${this.#child.pid}/stat`, "utf8"));
    await until(isStopped, { what: "nats-server has stopped" });
  }

  /** Starts it again, on the same port. @param options - Instead of those it was first started with. */
  async restart(options: NatsServerOptions = this.#options): Promise<void> {
    await this.kill();
    this.#child = await launch(this.port, options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

async function launch(port: number, options: NatsServerOptions): Promise<ChildProcess> {
  const directory = await mkdtemp(join(tmpdir(), "groupcast-nats-"));
  const file = join(directory, "server.conf");
  await writeFile(file, configuration(port, options));
  const child = spawn("nats-server", ["--config", file], { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...options.env } });
  child.once("exit", () => void rm(directory, { recursive: true, force: true }));
  const signal = AbortSignal.timeout(STARTING_LIMIT_MS);
  const lines: string[] = [];
  const reader = createInterface({ input: child.stderr! });
  await new Promise<void>((resolve, reject) => {
    reader.on("line", (line) => {
      lines.push(line);
      if (READY.test(line)) resolve();
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`nats-server ended:\n${lines.join("\n")}`)));
    signal.addEventListener("abort", () => reject(new Error(`nats-server is not ready:\n${lines.join("\n")}`)));
  });
  return child;
}

function configuration(port: number, { user, pass = "", permissions = "", settings = "" }: NatsServerOptions): string {
  const users = user === undefined ? "" : `authorization { users = [{ user: ${user}, password: "${pass}", ${permissions} }] }`;
  return `listen: "127.0.0.1:${port}"\n${users}\n${settings}\n`;
}
