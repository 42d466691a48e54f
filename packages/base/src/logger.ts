import { asError, shown } from "./as-error.js";
import { callGuarded } from "./user-code.js";

/** Receiver of the library's log lines. `message` is for people, `fields` are for machines. It may throw: the library goes on. */
export interface Logger {
  /** Logs a normal event: a port starts, a port has closed. */
  info(message: string, fields?: LogFields): void;
  /** Logs a result that falls short of the request: a receive buffer smaller than asked for. */
  warn(message: string, fields?: LogFields): void;
  /** Logs an error that has no listener. */
  error(message: string, fields?: LogFields): void;
}

/** Subject of a log line; fields that do not apply are absent. */
export interface LogFields {
  /** Local port number. */
  readonly port?: number;
  /** The error that is logged. */
  readonly error?: unknown;
}

/** Default logger: writes warnings and errors to stderr, and drops `info`. */
export const stderrLogger: Logger = {
  info() {},
  warn: write,
  error: write,
};

/** Returns a logger that never throws: errors that `logger` throws or rejects with go to stderr. A log line must not stop a port. */
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
  process.stderr.write(error === undefined ? `groupcast: ${message}\n` : `groupcast: ${message}: ${shown(error)}\n`);
}
