// A program that a test starts on this host, reads line by line, and sees to its end.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Arrivals } from "./lab/arrivals.js";

const LIFETIME_LIMIT_MS = 30_000; // they are done in a second; on a crowded machine, starting Python alone takes several

/** What a program is given besides its arguments. */
export interface ChildProgramOptions {
  /** Added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** After this it counts as hanging, and is killed. */
  readonly lifetimeLimitMs?: number;
}

/** How a program ended. */
export interface Ending {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class ChildProgram implements AsyncDisposable {
  /** Settles when the program has ended, and all that it printed has been read. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lifetimeLimitMs: number;
  readonly #lines = new Arrivals<string>((line) => line);
  #stdout = "";
  #stderr = "";
  #spawnError = "";

  constructor(command: string, args: readonly string[], { env, lifetimeLimitMs = LIFETIME_LIMIT_MS }: ChildProgramOptions = {}) {
    this.#lifetimeLimitMs = lifetimeLimitMs;
    this.#child = spawn(command, args, { env: { ...process.env, ...env }, timeout: lifetimeLimitMs, killSignal: "SIGKILL" });
    this.#child.stdin.on("error", () => {}); // EPIPE: it has ended; how, is told by its ending
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.#child.on("error", (error) => {
      this.#spawnError = error.message;
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#lines.add(line));
    this.ended = new Promise((resolve) => {
      this.#child.once("close", (exitCode, signal) => {
        this.#lines.end(`it ended with ${signal ?? `exit code ${exitCode}`}\n${this.#spawnError}${this.#stderr}`);
        resolve({ exitCode, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Waits until it has printed a line that matches, and returns what matched. The first such line is found again and again. */
  async line(pattern: RegExp): Promise<RegExpMatchArray> {
    const { item } = await this.#lines.find({
      isWanted: (line) => pattern.test(line),
      what: `No line ${pattern} of ${this.#title}`,
      deadlineMs: this.#lifetimeLimitMs,
    });
    return item.match(pattern)!;
  }

  /** Writes a line to its standard input. */
  say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Writes the last of its standard input. */
  finish(input: string | Uint8Array): void {
    this.#child.stdin.end(input);
  }

  /** Sends a signal, and waits for its end. */
  stop(signal: NodeJS.Signals): Promise<Ending> {
    this.#child.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }

  get #title(): string {
    return `"${this.#child.spawnargs.join(" ")}"`;
  }
}
