import { existsSync, realpathSync } from "node:fs";
import { Reactor } from "groupcast";

/** What an example plays on. Who calls `main` owns the reactor, and ends the example with `reactor.stop()`. */
export interface Stage {
  readonly reactor: Reactor;
  /** Prints one line. */
  readonly out: (line: string) => void;
  /** The number to listen on or to write to; 0 listens on any free one. */
  readonly port: number;
}

const DEFAULT_PORT = 9999;

/** Plays an example, if its file `self` is the program that Node was started with: on a real network, with the port of the command line. */
export async function runMain(self: ImportMeta, main: (stage: Stage) => Promise<void>): Promise<void> {
  if (!isStarted(self.filename)) return;
  await using reactor = new Reactor(); // whatever main throws: the ports close, the error is shown, the exit code is 1
  await main({ reactor, out: console.log, port: Number(process.argv[2] ?? DEFAULT_PORT) });
}

/** Whether `file` is what `node <program>` named: maybe by a link, maybe without `.js`. */
function isStarted(file: string): boolean {
  const program = process.argv[1];
  return program !== undefined && [program, `${program}.js`].some((path) => existsSync(path) && realpathSync(path) === file);
}
