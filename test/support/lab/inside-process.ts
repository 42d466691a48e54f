// A process inside a namespace: started, watched and ended by its pid.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Namespace } from "./namespace.js";

const STOP_DEADLINE_MS = 2_000; // then it is killed; daemons that say goodbye on the network need a moment
const LAST_WORDS_MS = 500; // a daemon's own children may hold its outputs open for as long as they live
const STDERR_LIMIT_CHARS = 64 * 1024;

/** What to start. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** How a process ended: one of the two is null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class InsideProcess implements AsyncDisposable {
  /** The command line, for failures. */
  readonly title: string;
  /** Settles when the process has ended and all it printed has been read. */
  readonly closed: Promise<Exit>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<void>;
  #stderr = "";
  #exit: Exit | undefined;
  #isStopped = false;
  #isExitKnown = false;

  constructor(namespace: Namespace, { command, args, env }: Command) {
    this.title = `${[command, ...args].join(" ")} in ${namespace.name}`;
    // ip-netns(8) replaces itself by the command: the pid is the command's own
    this.#child = spawn("ip", ["netns", "exec", namespace.name, command, ...args], { env: { ...process.env, ...env } });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => this.#keepStderr(text));
    this.#child.stdin.on("error", () => {}); // EPIPE: it has ended; how, is told by its exit
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#keepStderr(error.message);
        resolve();
      });
      this.#child.once("exit", () => resolve());
    });
    this.closed = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get stdout(): Readable {
    return this.#child.stdout;
  }

  get stdin(): Writable {
    return this.#child.stdin;
  }

  get hasEnded(): boolean {
    return this.#exit !== undefined;
  }

  /** What it printed on standard error so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Waits for its end. Whoever asks, judges the exit code: the lab no longer takes a failure for an accident. */
  exited(): Promise<Exit> {
    this.#isExitKnown = true;
    return this.closed;
  }

  /** Sends a signal. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Asks it to end, kills it when it does not, and waits until it is gone. */
  async stop(): Promise<Exit> {
    this.#isStopped ||= this.#exit === undefined;
    this.#child.kill("SIGTERM");
    const killer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_DEADLINE_MS);
    await this.#ended;
    clearTimeout(killer);
    const closer = setTimeout(() => this.#closeOutputs(), LAST_WORDS_MS);
    await this.closed;
    clearTimeout(closer);
    return this.closed;
  }

  /** @throws Error when it had ended by itself, with a failure that nobody asked for. */
  async [Symbol.asyncDispose](): Promise<void> {
    const exit = await this.stop();
    const isAccident = !this.#isStopped && !this.#isExitKnown && exit.code !== 0;
    if (isAccident) throw new Error(`Unnoticed failure: ${this.describeExit(exit)}`);
  }

  /** For failures: how it ended and what it said. */
  describeExit(exit: Exit): string {
    return `"${this.title}" ended with ${exit.signal ?? `exit code ${exit.code}`}\n${this.#stderr.trim()}`;
  }

  #closeOutputs(): void {
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }

  #keepStderr(text: string): void {
    this.#stderr = (this.#stderr + text).slice(-STDERR_LIMIT_CHARS);
  }
}
