import { inspect } from "node:util";
import { asError } from "./as-error.js";
import { callGuarded } from "./user-code.js";

/** Receives what the library logs. `message` is for people, `fields` are for machines. */
export interface Logger {
  /** Logs what goes as expected: a port that starts, a port that closed. */
  info(message: string, fields?: LogFields): void;
  /** Logs what works less well than asked for. */
  warn(message: string, fields?: LogFields): void;
  /** Logs an error that nothing else listens for. */
  error(message: string, fields?: LogFields): void;
}

/** What a log line is about. */
export interface LogFields {
  /** Local port number. */
  readonly port?: number;
  /** The error that is logged. */
  readonly error?: unknown;
}

/** Logs warnings and errors to stderr, and nothing that goes well. */
export const stderrLogger: Logger = {
  info() {},
  warn: write,
  error: write,
};

/** Returns a logger that never throws: what `logger` throws, or rejects with, goes to stderr. A log line must not stop a port. */
export function guardLogger(logger: Logger): Logger {
  if (logger === stderrLogger) return logger;
  const guarded =
    (level: keyof Logger): Logger["info"] =>
    (message, fields) =>
      callGuarded(
        () => logger[level](message, fields),
        (thrown) => write(`the logger threw while it logged ${JSON.stringify(message)}`, { error: asError(thrown) }),
      );
  return { info: guarded("info"), warn: guarded("warn"), error: guarded("error") };
}

function write(message: string, { error }: LogFields = {}): void {
  process.stderr.write(error === undefined ? `groupcast: ${message}\n` : `groupcast: ${message}: ${inspect(error)}\n`);
}
