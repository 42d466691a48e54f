import { inspect } from "node:util";

/** Where the reactor tells what it does. `message` is for people, `fields` are for machines. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** What a log line is about. */
export interface LogFields {
  readonly port?: number;
  readonly error?: unknown;
}

/** Says nothing of what goes well; warnings and errors go to stderr. */
export const stderrLogger: Logger = {
  info() {},
  warn: tell,
  error: tell,
};

function tell(message: string, { error }: LogFields = {}): void {
  process.stderr.write(error === undefined ? `groupcast: ${message}\n` : `groupcast: ${message}: ${inspect(error)}\n`);
}
