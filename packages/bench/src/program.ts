/** A running program of the benchmark: pinned to a core, bounded in time, read line by line. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

const START_LIMIT_MS = 10_000;

/** Cores of programs: the measured one runs on one core, its counterpart on the other. */
export type Place = "measured" | "load" | "anywhere";

export const IS_PINNED: boolean = availableParallelism() >= 2;
const CORE: Readonly<Record<Place, string>> = { measured: "1", load: "0", anywhere: "" };

export type Figures = Readonly<Record<string, number>>;

export interface Start {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly place: Place;
}

export class Program {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #name: string;
  readonly #ready = settleable<readonly number[]>();
  readonly #result = settleable<Figures>();
  #errors = "";

  constructor({ command, environment, place }: Start) {
    const pinned = IS_PINNED && place !== "anywhere" ? ["taskset", "-c", CORE[place], ...command] : command;
    const [program, ...args] = pinned;
    this.#name = command.slice(0, 3).join(" ");
    this.#child = spawn(program!, args, { env: { ...process.env, ...environment }, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    createInterface(this.#child.stdout).on("line", (line) => this.#heard(line));
    for (const { promise } of [this.#ready, this.#result]) promise.catch(() => {}); // a waiter gets the rejection all the same
    this.#child.on("error", (error) => this.#fail(error.message));
    this.#child.on("close", (code) => this.#fail(`ended with code ${code} ${this.#errors.trim()}`));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Settles with the numbers of the ports it listens on. */
  ready(): Promise<readonly number[]> {
    return this.#within(START_LIMIT_MS, this.#ready.promise, "start");
  }

  /** Settles with its measurements, within `limitMs`. */
  result(limitMs: number): Promise<Figures> {
    return this.#within(limitMs, this.#result.promise, "finish");
  }

  /** Ends its standard input, which makes it finish. */
  endInput(): void {
    this.#child.stdin.end();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Returns its resident memory in MiB; 0 when it has ended. */
  residentMiB(): number {
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    } catch {
      return 0; // it ended between two samples
    }
  }

  #heard(line: string): void {
    const [word, ...rest] = line.split(" ");
    if (word === "ready") this.#ready.resolve(rest.map(Number));
    if (word !== "result") return;
    const pairs = rest.map((text) => text.split("=") as [string, string]);
    this.#result.resolve(Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)])));
  }

  #fail(reason: string): void {
    const error = new Error(`${this.#name}: ${reason}`);
    this.#ready.reject(error);
    this.#result.reject(error);
  }

  async #within<T>(limitMs: number, promise: Promise<T>, what: string): Promise<T> {
    const limit = setTimeout(() => this.#fail(`did not ${what} within ${limitMs} ms ${this.#errors.trim()}`), limitMs);
    try {
      return await promise;
    } finally {
      clearTimeout(limit);
    }
  }
}

interface Settleable<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** Promise.withResolvers of Node 22. */
function settleable<T>(): Settleable<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((onResolved, onRejected) => {
    resolve = onResolved;
    reject = onRejected;
  });
  return { promise, resolve, reject };
}
