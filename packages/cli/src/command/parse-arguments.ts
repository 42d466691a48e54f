import { parseArgs } from "node:util";
import { choiceAdvice } from "@groupcast/base";
import type { Command, Option, OptionTable, Values } from "./command.js";
import { UsageError } from "./usage-error.js";

/** Options of every command. */
export const COMMON_OPTIONS: OptionTable = {
  json: { help: "print one JSON object a line instead of text" },
  color: { value: "WHEN", read: readWhen, help: "auto (colours on a terminal), always or never" },
  help: { short: "h", help: "print this text" },
};

/** Values of {@link COMMON_OPTIONS}. */
export interface CommonValues {
  /** Whether results are JSON. */
  readonly json: boolean;
  /** When text is coloured. */
  readonly color: When | undefined;
  /** Whether the help is asked for. */
  readonly help: boolean;
}

/** Values of `--color`. */
export type When = (typeof WHEN)[number];

/** A command line, read. */
export interface ParsedArguments {
  /** Words without a dash. */
  readonly operands: readonly string[];
  /** Values of the options of the command and of {@link COMMON_OPTIONS}. */
  readonly options: Values<OptionTable> & CommonValues;
}

/**
 * Reads the words after the name of a command.
 *
 * Options may stand anywhere, as `--name value`, `--name=value`, `-n value` or `-nvalue`; after `--`, every word is an operand.
 *
 * @throws UsageError
 */
export function parseArguments(definition: Command, words: readonly string[]): ParsedArguments {
  const table: OptionTable = { ...definition.options, ...COMMON_OPTIONS };
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(table)) if (option.isRepeatable) values[name] = [];
  const operands: string[] = [];
  // Not strict: the messages of node:util do not say what to type.
  const { tokens } = parseArgs({ args: [...words], options: nodeOptions(table), strict: false, allowPositionals: true, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind === "option") setOption(table, values, token);
  }
  if (values.help !== true) checkOperands(definition, operands);
  return { operands, options: { ...flagsOf(table, values), ...values } as ParsedArguments["options"] };
}

type OptionToken = {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
};

function setOption(table: OptionTable, values: Record<string, unknown>, token: OptionToken): void {
  if (!Object.hasOwn(table, token.name)) throw unknownOption(table, token.rawName);
  const option = table[token.name]!;
  if (option.read === undefined) {
    if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value: leave "${token.value}" out`);
    values[token.name] = true;
    return;
  }
  const isNextOption = token.inlineValue === false && /^-./.test(token.value ?? "");
  if (token.value === undefined || isNextOption) throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${option.value}`);
  const value = readAs(token.rawName, token.value, option.read);
  if (option.isRepeatable) (values[token.name] as unknown[]).push(value);
  else if (Object.hasOwn(values, token.name)) throw new UsageError(`${token.rawName} is given twice`);
  else values[token.name] = value;
}

/** Reads `word` and puts the name of its option, or operand, in front of what is wrong with it. @throws UsageError */
export function readAs<T>(name: string, word: string, read: (word: string) => T): T {
  try {
    return read(word);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${name} ${JSON.stringify(word)}: ${error.message}`, { cause: error });
  }
}

function unknownOption(table: OptionTable, rawName: string): UsageError {
  const names = Object.entries(table).flatMap(([name, { short }]) => (short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`]));
  return new UsageError(`there is no option ${rawName}: ${choiceAdvice(rawName, names)}`);
}

function checkOperands({ name, operands: table }: Command, given: readonly string[]): void {
  const missing = table[given.length];
  if (missing !== undefined && !missing.isOptional && !(missing.isRepeatable && given.length >= table.length)) {
    throw new UsageError(`${missing.name} is missing (${missing.help}). Try "groupcast ${name} --help"`);
  }
  const superfluous = given[table.length];
  if (superfluous === undefined || table.at(-1)?.isRepeatable) return;
  throw new UsageError(`${JSON.stringify(superfluous)} is one word too many. Try "groupcast ${name} --help"`);
}

function nodeOptions(table: OptionTable): Record<string, { type: "string" | "boolean"; short?: string }> {
  const asNode = ({ short, read }: Option<unknown>) => ({
    type: read === undefined ? ("boolean" as const) : ("string" as const),
    ...(short === undefined ? {} : { short }),
  });
  return Object.fromEntries(Object.entries(table).map(([name, option]) => [name, asNode(option)]));
}

/** Flags that were not given are false. */
function flagsOf(table: OptionTable, values: object): Record<string, false> {
  const absent = Object.entries(table).filter(([name, { read }]) => read === undefined && !Object.hasOwn(values, name));
  return Object.fromEntries(absent.map(([name]) => [name, false]));
}

const WHEN = ["auto", "always", "never"] as const;

function readWhen(word: string): When {
  const found = WHEN.find((when) => when === word);
  if (found === undefined) throw new UsageError(choiceAdvice(word, WHEN));
  return found;
}
