/**
 * From the words of a command line to an exit code.
 *
 * The first Ctrl-C aborts the command's signal: it prints its summary and ends. The second ends the process at once. When nobody reads the
 * output any more (`groupcast listen … | head`), the command ends as if it had been done.
 */

import type { Readable, Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { choiceAdvice, InvalidArgumentError, isGroupcastError, whenAborted } from "@groupcast/base";
import { Reactor } from "groupcast";
import type { Command, Invocation } from "./command/command.js";
import { EXIT_CODES, type Exit } from "./command/exit-codes.js";
import { findCommand } from "./command/find-command.js";
import { commandHelp, overview } from "./command/help.js";
import { withoutOperation } from "./command/library-words.js";
import { Output, type TextSink } from "./command/output.js";
import { type ParsedArguments, parseArguments, type When } from "./command/parse-arguments.js";
import { printable } from "./command/printable.js";
import { Refusal } from "./command/refusal.js";
import { UsageError } from "./command/usage-error.js";
import { COMMANDS } from "./commands.js";
import { VERSION } from "./version.js";

/** Parts of a process that a command uses: `process` itself has them all. */
export interface CommandHost {
  /** Standard output. */
  readonly stdout: TextSink & Pick<Writable, "on">;
  /** Standard error. */
  readonly stderr: TextSink & Partial<Pick<Writable, "on">>;
  /** Standard input. */
  readonly stdin: Readable;
  /** Environment: the command reads `NO_COLOR`, `FORCE_COLOR` and `TERM`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Subscribes to a signal. */
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  /** Undoes {@link CommandHost.on}. */
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  /** Ends the process. */
  exit(code: number): never;
  /** Makes the reactor of a command. Default: one on the network of this host. */
  readonly makeReactor?: () => Reactor;
}

/**
 * Runs `groupcast`.
 *
 * @param words - The command line, without the name of the program: `["listen", "239.1.2.3:5000"]`.
 * @param host - The process that runs it. Default: `process`.
 * @returns Exit code. Never rejects for mistakes of the user; a defect of the program rejects.
 */
export async function main(words: readonly string[], host: CommandHost = process): Promise<number> {
  const outputFailed = watchStreams(host);
  const code = await obey(words, host, outputFailed);
  await nextTurn(); // a stream tells its error after the write
  const isWritten = !outputFailed.aborted || (outputFailed.reason as NodeJS.ErrnoException).code === "EPIPE";
  return isWritten ? code : EXIT_CODES.refused.code;
}

/**
 * Listens to the errors of both streams, which would end the process with a stack trace. Returns a signal that aborts, with the error, when
 * results cannot be written. The listeners stay: an EPIPE may still be on its way when the command has ended.
 */
function watchStreams({ stdout, stderr }: CommandHost): AbortSignal {
  const failure = new AbortController();
  stderr.on?.("error", () => {}); // there is nowhere left to say so
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (failure.signal.aborted) return;
    failure.abort(error);
    if (error.code !== "EPIPE") stderr.write(`groupcast: cannot write the output: ${error.message}\n`);
  });
  return failure.signal;
}

async function obey(words: readonly string[], host: CommandHost, outputFailed: AbortSignal): Promise<number> {
  const [name] = words;
  if (name === "--version" || name === "-v") return say(host.stdout, VERSION);
  if (name === undefined || name === "--help" || name === "-h" || name === "help") return helpOn(words.slice(1), name !== undefined, host);
  const found = findCommand(COMMANDS, words);
  if (found.command === undefined) return refuse(host, unknownCommand(words, found.names));
  const { command, rest } = found;
  try {
    const parsed = parseArguments(command, rest);
    if (parsed.options.help) return say(host.stdout, commandHelp(command, host.stdout.columns));
    return EXIT_CODES[await run(command, parsed, host, outputFailed)].code;
  } catch (error) {
    return explain(error, command.name, host);
  }
}

/** Says what was refused, and returns the exit code for it. A mistake of ours is thrown on. */
function explain(error: unknown, name: string, host: CommandHost): number {
  if (error instanceof UsageError) return refuse(host, error.message);
  if (!isSystemRefusal(error)) throw error;
  host.stderr.write(`groupcast ${name}: ${printable(withoutOperation(error))}\n`);
  return EXIT_CODES[error instanceof InvalidArgumentError ? "usage" : "refused"].code; // what a library checks, the user has typed
}

async function run(command: Command, { operands, options }: ParsedArguments, host: CommandHost, outputFailed: AbortSignal): Promise<Exit> {
  const output = new Output({ out: host.stdout, err: host.stderr, json: options.json, colors: hasColors(host, options.color) });
  const abort = new AbortController();
  const reactors: Reactor[] = [];
  const interrupt = () => (abort.signal.aborted ? host.exit(EXIT_CODES.interrupted.code) : abort.abort());
  const stopWaiting = whenAborted(outputFailed, () => abort.abort());
  const openReactor = () => {
    const reactor = host.makeReactor?.() ?? new Reactor();
    reactors.push(reactor);
    return reactor;
  };
  host.on("SIGINT", interrupt);
  host.on("SIGTERM", interrupt);
  try {
    const invocation: Invocation = { operands, options, output, input: host.stdin, signal: abort.signal, openReactor };
    return await command.run(invocation);
  } finally {
    output.endProgress();
    for (const reactor of reactors) await reactor.stop();
    host.off("SIGINT", interrupt);
    host.off("SIGTERM", interrupt);
    stopWaiting();
  }
}

function helpOn(words: readonly string[], isAskedFor: boolean, host: CommandHost): number {
  const found = findCommand(COMMANDS, words);
  if (found.command !== undefined) return say(host.stdout, commandHelp(found.command, host.stdout.columns));
  if (words.length > 0) return refuse(host, unknownCommand(words, found.names));
  if (isAskedFor) return say(host.stdout, overview(COMMANDS, host.stdout.columns));
  host.stderr.write(`${overview(COMMANDS, host.stderr.columns)}\n`);
  return EXIT_CODES.usage.code;
}

/** Names what was meant by one word, or by the two that a group of commands takes. */
function unknownCommand(words: readonly string[], names: readonly string[]): string {
  const isGroup = names.length < COMMANDS.length;
  const given = words.slice(0, isGroup && !words[1]?.startsWith("-") ? 2 : 1).join(" ");
  return `there is no command ${JSON.stringify(given)}: ${choiceAdvice(given, names)}`;
}

function say(to: TextSink, text: string): number {
  to.write(`${text}\n`);
  return EXIT_CODES.done.code;
}

function refuse(host: CommandHost, message: string): number {
  host.stderr.write(`groupcast: ${printable(message)}\n`);
  return EXIT_CODES.usage.code;
}

/** Errors of Groupcast, of files and of the file system are for the user; anything else is a mistake of this program. */
function isSystemRefusal(error: unknown): error is Error {
  return (
    isGroupcastError(error) ||
    error instanceof Refusal ||
    (error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === "string")
  );
}

/** NO_COLOR is of no-color.org; FORCE_COLOR is Node's. */
function hasColors({ stdout, env }: CommandHost, when: When = "auto"): boolean {
  if (when !== "auto") return when === "always";
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "0") return true;
  return stdout.isTTY === true && env.TERM !== "dumb";
}
