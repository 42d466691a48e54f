/** Shape of a command: a row of `commands.ts`. Parser, help and manual read it. */
import type { Readable } from "node:stream";
import type { Reactor } from "groupcast";
import type { Exit } from "./exit-codes.js";
import type { Output } from "./output.js";

/** Reads one word of the command line. Throws UsageError with what is expected instead. */
export type WordReader<T> = (word: string) => T;

/** An option of a command. */
export interface Option<T> {
  /** Description, one line. */
  readonly help: string;
  /** One letter for `-x`. */
  readonly short?: string;
  /** Name of its value in the help, such as `"SECONDS"`. Absent: the option is a flag. */
  readonly value?: string;
  /** Reads the value. Absent: the option is a flag. */
  readonly read?: WordReader<T>;
  /** Whether it may be given several times; its value is then an array. */
  readonly isRepeatable?: true;
}

/** Map of long name, without `--` → option. */
// biome-ignore lint/suspicious/noExplicitAny: a table of options of different types; Values has the type of each
export type OptionTable = Readonly<Record<string, Option<any>>>;

/** Values of the options of a table: true for a flag, undefined if the option was not given, an array for a repeatable one. */
export type Values<T extends OptionTable> = {
  readonly [Name in keyof T]: T[Name] extends { readonly isRepeatable: true; readonly read: WordReader<infer V> }
    ? readonly V[]
    : T[Name] extends { readonly read: WordReader<infer V> }
      ? V | undefined
      : boolean;
};

/** A word without a dash, such as a destination. */
export interface Operand {
  /** Name in the help, such as `"GROUP[:PORT]"`. */
  readonly name: string;
  /** Description, one line. */
  readonly help: string;
  /** Whether the command runs without it. */
  readonly isOptional?: true;
  /** Whether several may follow; only for the last operand. */
  readonly isRepeatable?: true;
}

/** One start of a command. */
export interface Invocation<T extends OptionTable = OptionTable> {
  /** Words without a dash, in order; as many as the command's table of operands allows. */
  readonly operands: readonly string[];
  /** Values of its options. */
  readonly options: Values<T>;
  /** Sink of results, notes and progress. */
  readonly output: Output;
  /** Standard input. */
  readonly input: Readable;
  /** Aborted by Ctrl-C and SIGTERM, and when nobody reads the output any more: the command sums up and ends. */
  readonly signal: AbortSignal;
  /** Makes the reactor of the command; `main` stops it when the command has ended. */
  openReactor(): Reactor;
}

/** A command of `groupcast`. */
export interface Command<T extends OptionTable = OptionTable> {
  /** Name, as people type it. */
  readonly name: string;
  /** Description, one line. */
  readonly summary: string;
  /** Words without a dash that it takes. */
  readonly operands: readonly Operand[];
  /** Its options, besides `--help`, `--json` and `--color`, which every command has. */
  readonly options: T;
  /** Examples: command line → what it does. */
  readonly examples: Readonly<Record<string, string>>;
  /** Paragraphs for the end of the help: privileges, what the records of `--json` are. */
  readonly notes?: readonly string[];
  /** Runs it. Results go to the output; errors are thrown. */
  run(invocation: Invocation<T>): Promise<Exit>;
}

/** Returns `definition` as a row of the table of commands; the compiler checks what it does with its options. */
export function command<const T extends OptionTable>(definition: Command<T>): Command {
  return definition as unknown as Command;
}
