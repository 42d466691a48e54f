// A program in a host, spoken with line by line: it prints lines, JSON or not, and reads commands from its standard input.
import { createInterface } from "node:readline";
import { Arrivals } from "./arrivals.js";
import { type Command, type Exit, InsideProcess } from "./inside-process.js";
import type { Namespace } from "./namespace.js";
import { describePattern, matches, type Pattern } from "./pattern.js";

/** A JSON object that a program printed. */
// biome-ignore lint/suspicious/noExplicitAny: each program has its own lines, and tests read them as they would read JSON.parse()
export type JsonLine = Record<string, any>;

/** How long to wait. */
export interface Deadline {
  /** Milliseconds. Default: 5,000. */
  readonly deadlineMs?: number;
}

interface Line {
  readonly text: string;
  /** The line as JSON, when it is an object in JSON. */
  readonly json: JsonLine | undefined;
}

export class Program implements AsyncDisposable {
  readonly #process: InsideProcess;
  readonly #lines = new Arrivals<Line>((line) => line.text);
  readonly #taken = new Set<Line>();

  constructor(namespace: Namespace, command: Command) {
    this.#process = new InsideProcess(namespace, command);
    const reader = createInterface({ input: this.#process.stdout, crlfDelay: Number.POSITIVE_INFINITY });
    reader.on("line", (text) => this.#lines.add({ text, json: parsed(text) }));
    void this.#process.closed.then((exit) => this.#lines.end(this.#process.describeExit(exit)));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** What it printed on standard error so far. */
  get stderr(): string {
    return this.#process.stderr;
  }

  /** Everything it printed on standard output so far, line by line. */
  get output(): readonly string[] {
    return this.#lines.items.map((line) => line.text);
  }

  /** The JSON lines so far that match. */
  lines(pattern: Pattern<JsonLine> = {}): readonly JsonLine[] {
    return this.#lines.items.flatMap((line) => (line.json !== undefined && matches(line.json, pattern) ? [line.json] : []));
  }

  /**
   * Waits for a JSON line. Each line is returned once: to wait for the third like it, wait three times.
   *
   * @throws Error with what it printed on both outputs, when it ends or the deadline passes first.
   */
  async line(pattern: Pattern<JsonLine>, deadline: Deadline = {}): Promise<JsonLine> {
    const isWanted = (line: Line): boolean => line.json !== undefined && matches(line.json, pattern);
    return (await this.#take(isWanted, describePattern(pattern), deadline)).json!;
  }

  /** Waits for a line by its text, as foreign programs print it. Each line is returned once. */
  async text(pattern: RegExp, deadline: Deadline = {}): Promise<string> {
    return (await this.#take((line) => pattern.test(line.text), String(pattern), deadline)).text;
  }

  /** Sends a command: one line of JSON on its standard input. */
  write(command: unknown): void {
    this.#process.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /** Waits for its end, which may then be a failure. */
  exited(): Promise<Exit> {
    return this.#process.exited();
  }

  /** Sends a signal. */
  signal(name: NodeJS.Signals): void {
    this.#process.signal(name);
  }

  /** Ends it and waits until it is gone. */
  stop(): Promise<Exit> {
    return this.#process.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }

  async #take(isWanted: (line: Line) => boolean, what: string, { deadlineMs }: Deadline): Promise<Line> {
    const isFresh = (line: Line): boolean => !this.#taken.has(line) && isWanted(line);
    const { item } = await this.#lines.find({ isWanted: isFresh, deadlineMs, what: `No line ${what} of "${this.#process.title}"` });
    this.#taken.add(item);
    return item;
  }
}

function parsed(text: string): JsonLine | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as JsonLine;
  } catch {
    return undefined; // a foreign program may print a brace; text() finds the line
  }
}
