// A process that a test gives to main(): its streams are text, its signals are calls.
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import type { ManualClock, MemoryNetwork } from "@groupcast/backend-memory";
import { type CommandHost, main } from "@groupcast/cli";
import { Reactor } from "groupcast";

/** Thrown where the process would end. */
export class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** Properties of a {@link FakeHost}. */
export interface FakeHostOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Width of a terminal; undefined: the output is a pipe. */
  readonly columns?: number;
  /** Network in memory, and the name of the host on it. Default: the machine's own. */
  readonly on?: readonly [network: MemoryNetwork, host: string];
}

/** A stream that keeps its text. */
export class TextStream extends EventEmitter {
  text = "";
  readonly isTTY: boolean;
  readonly columns: number | undefined;

  constructor(columns: number | undefined) {
    super();
    this.isTTY = columns !== undefined;
    this.columns = columns;
  }

  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

export class FakeHost implements CommandHost {
  readonly stdout: TextStream & CommandHost["stdout"];
  readonly stderr: TextStream & CommandHost["stderr"];
  readonly stdin = new PassThrough();
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly makeReactor?: () => Reactor;
  readonly #signals = new EventEmitter();

  constructor({ env = {}, columns, on }: FakeHostOptions = {}) {
    this.env = env;
    this.stdout = new TextStream(columns) as TextStream & CommandHost["stdout"];
    this.stderr = new TextStream(columns) as TextStream & CommandHost["stderr"];
    if (on !== undefined) this.makeReactor = () => new Reactor({ backend: on[0].host(on[1]), clock: on[0].clock });
  }

  on(signal: string, listener: () => void): void {
    this.#signals.on(signal, listener);
  }

  off(signal: string, listener: () => void): void {
    this.#signals.off(signal, listener);
  }

  exit(code: number): never {
    throw new Exit(code);
  }

  /** Presses Ctrl-C. */
  interrupt(): void {
    this.#signals.emit("SIGINT");
  }

  /** Number of listeners of signals that are left. */
  get listeners(): number {
    return this.#signals.listenerCount("SIGINT") + this.#signals.listenerCount("SIGTERM");
  }

  /** Lines of standard output as objects. */
  get records(): Record<string, unknown>[] {
    return this.stdout.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

/** Runs a command line that needs no network to move. */
export async function run(words: readonly string[], options?: FakeHostOptions): Promise<{ code: number; out: string; err: string }> {
  const host = new FakeHost(options);
  const code = await main(words, host);
  return { code, out: host.stdout.text, err: host.stderr.text };
}

/** Moves the clock until `promise` has settled; gives files and streams their turns meanwhile. */
export async function settle<T>(clock: ManualClock, promise: Promise<T>, stepMs = 5): Promise<T> {
  let isSettled = false;
  const note = (): void => {
    isSettled = true;
  };
  promise.then(note, note);
  while (!isSettled) {
    await clock.advance(stepMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return promise;
}
