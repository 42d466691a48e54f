import { inspect } from "node:util";

/** A stream that text goes to: a terminal, a pipe or a file. */
export interface TextSink {
  /** Writes text. */
  write(text: string): unknown;
  /** Whether it is a terminal. */
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal. */
  readonly columns?: number | undefined;
  /** Height of the terminal. */
  readonly rows?: number | undefined;
}

/** Options of an {@link Output}. */
export interface OutputOptions {
  /** Standard output. */
  readonly out: TextSink;
  /** Standard error. */
  readonly err: TextSink;
  /** Whether results are JSON, one object a line. */
  readonly json: boolean;
  /** Whether text is coloured. */
  readonly colors: boolean;
}

/** Colours and weights that a command may use. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const FALLBACK_COLUMNS = 80; // of a pipe
const FEWEST_COLUMNS = 20;
const FALLBACK_ROWS = 24;

/** Output of a command. Results go to standard output, as text or as JSON; notes and progress to standard error. */
export class Output {
  /** Whether results are JSON. */
  readonly json: boolean;
  readonly #out: TextSink;
  readonly #err: TextSink;
  readonly #colors: boolean;
  #isProgressShown = false;

  constructor({ out, err, json, colors }: OutputOptions) {
    this.json = json;
    this.#out = out;
    this.#err = err;
    this.#colors = colors;
  }

  /** Whether standard output is a terminal. */
  get isTerminal(): boolean {
    return this.#out.isTTY === true;
  }

  /** Width of the terminal, 20 or more; 80 where there is none. */
  get columns(): number {
    return Math.max(FEWEST_COLUMNS, this.#out.columns || FALLBACK_COLUMNS); // some terminals say 0
  }

  /** Height of the terminal; 24 where it does not say. */
  get rows(): number {
    return this.#out.rows || FALLBACK_ROWS; // some terminals say 0
  }

  /** Prints one result: `record` as a line of JSON with `--json`, else `text`. */
  result(record: Readonly<Record<string, unknown>>, text: string | readonly string[]): void {
    if (this.json) this.#print(toJson(record));
    else this.text(text);
  }

  /** Prints lines of text; with `--json`, nothing. */
  text(lines: string | readonly string[]): void {
    if (this.json) return;
    this.#print(typeof lines === "string" ? lines : lines.join("\n"));
  }

  /** Prints a note to standard error. */
  note(line: string): void {
    this.#clearProgress();
    this.#err.write(`${line}\n`);
  }

  /** Shows progress on one line of the terminal, which the next call replaces; prints nothing elsewhere. */
  progress(line: string): void {
    if (this.#err.isTTY !== true) return;
    const width = Math.max(FEWEST_COLUMNS, this.#err.columns || FALLBACK_COLUMNS) - 1; // a full line wraps
    this.#err.write(`\r\x1b[2K${line.slice(0, width)}`);
    this.#isProgressShown = true;
  }

  /** Removes the line of {@link Output.progress}. */
  endProgress(): void {
    this.#clearProgress();
  }

  /** Returns `text` in colour, on a terminal that has colours. */
  style(style: Style, text: string): string {
    if (!this.#colors) return text;
    const [on, off] = inspect.colors[style]!; // not styleText(), which looks at process.stdout and overrules --color
    return `\x1b[${on}m${text}\x1b[${off}m`;
  }

  #print(text: string): void {
    this.#clearProgress();
    this.#out.write(`${text}\n`);
  }

  #clearProgress(): void {
    if (!this.#isProgressShown) return;
    this.#isProgressShown = false;
    this.#err.write("\r\x1b[2K");
  }
}

/**
 * BigInts (nanoseconds) become decimal text, since JSON's numbers are exact to 2^53 only. What `printable()` keeps off terminals and JSON
 * lets through is escaped as JSON has it.
 */
function toJson(record: object): string {
  const text = JSON.stringify(record, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
  return text.replace(NOT_PRINTABLE, (character) => {
    const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
  });
}

const NOT_PRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;
