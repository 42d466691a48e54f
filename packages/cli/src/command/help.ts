import type { Command, Option, OptionTable } from "./command.js";
import { EXIT_CODES } from "./exit-codes.js";
import { COMMON_OPTIONS } from "./parse-arguments.js";

const MARGIN = "  ";
const MOST_COLUMNS = 100; // longer lines are hard to read
const FALLBACK_COLUMNS = 80;

/** Returns the help of one command. */
export function commandHelp(command: Command, columns: number = FALLBACK_COLUMNS): string {
  const width = Math.min(columns || FALLBACK_COLUMNS, MOST_COLUMNS); // some terminals say 0
  const options = Object.entries<Option<unknown>>({ ...command.options, ...(COMMON_OPTIONS as OptionTable) });
  const sections = [
    wrap(`groupcast ${[command.name, "[options]", ...command.operands.map(operandWord)].join(" ")}`, width),
    wrap(command.summary, width),
    table(
      command.operands.map(({ name, help }) => [name, help]),
      width,
    ),
    `Options:\n${table(
      options.map(([name, option]) => [optionWord(name, option), option.help]),
      width,
    )}`,
    `Examples:\n${Object.entries(command.examples)
      .map(([line, what]) => `${wrap(`# ${what}`, width, MARGIN)}\n${MARGIN}${line}`)
      .join("\n")}`,
    ...(command.notes ?? []).map((paragraph) => wrap(paragraph, width)),
  ];
  return sections.filter((section) => section !== "").join("\n\n");
}

/** Returns the help of `groupcast` itself. */
export function overview(commands: readonly Command[], columns: number = FALLBACK_COLUMNS): string {
  const width = Math.min(columns || FALLBACK_COLUMNS, MOST_COLUMNS); // some terminals say 0
  const codes = Object.values(EXIT_CODES).map(({ code, meaning }): [string, string] => [String(code), meaning]);
  return [
    wrap("groupcast <command> [options]: UDP and multicast on this host", width),
    `Commands:\n${table(
      commands.map(({ name, summary }) => [name, summary]),
      width,
    )}`,
    wrap("Every command has --help, with examples, and --json, for one JSON object a line.", width),
    `Exit codes:\n${table(codes, width)}`,
  ].join("\n\n");
}

function operandWord({ name, isOptional, isRepeatable }: Command["operands"][number]): string {
  const word = isRepeatable ? `${name}…` : name;
  return isOptional ? `[${word}]` : word;
}

function optionWord(name: string, { short, value }: Option<unknown>): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return short === undefined ? `    ${long}` : `-${short}, ${long}`;
}

/** Two columns; below one another where the terminal is narrow. */
function table(rows: readonly (readonly [string, string])[], width: number): string {
  const first = Math.max(0, ...rows.map(([word]) => word.length)) + 2 * MARGIN.length;
  const second = width - first;
  const isNarrow = second < 24;
  const row = ([word, help]: readonly [string, string]) =>
    isNarrow
      ? `${MARGIN}${word}\n${wrap(help, width, MARGIN.repeat(3))}`
      : `${MARGIN}${word}`.padEnd(first) + wrap(help, width, " ".repeat(first)).trimStart();
  return rows.map(row).join("\n");
}

/** Breaks `text` between words. */
export function wrap(text: string, width: number, margin = ""): string {
  const lines: string[] = [];
  let line = margin;
  for (const word of text.split(" ")) {
    if (line !== margin && line.length + 1 + word.length > width) {
      lines.push(line);
      line = margin;
    }
    line += line === margin ? word : ` ${word}`;
  }
  return [...lines, line].join("\n");
}
