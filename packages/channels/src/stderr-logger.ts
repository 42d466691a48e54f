import { inspect } from "node:util";
import type { LogFields, Logger } from "groupcast";

/** Says nothing of what goes well; warnings and errors go to stderr. */
export const stderrLogger: Logger = {
  info() {},
  warn: write,
  error: write,
};

function write(message: string, { error }: LogFields = {}): void {
  process.stderr.write(error === undefined ? `groupcast: ${message}\n` : `groupcast: ${message}: ${inspect(error)}\n`);
}
