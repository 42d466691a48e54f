import { debuglog } from "node:util";
import { type Logger, Reactor } from "groupcast";
import { outcomeOf } from "./errno.js";

const debug = debuglog("groupcast");

/** Programs written for `node:dgram` expect nothing on stderr; `NODE_DEBUG=groupcast` shows it. */
const LOGGER: Logger = {
  info: (message, fields) => debug("%s %o", message, fields),
  warn: (message, fields) => debug("%s %o", message, fields),
  error: (message, fields) => debug("%s %o", message, fields),
};

let reactor: Reactor | undefined;

/** Returns the reactor that the sockets of this thread share. What they have written leaves before the process or the thread exits. */
export function sharedReactor(): Reactor {
  reactor ??= makeReactor();
  return reactor;
}

function makeReactor(): Reactor {
  const made = new Reactor({ logger: LOGGER });
  process.on("exit", () => {
    for (const port of made.ports) outcomeOf(() => port.flush());
  });
  return made;
}
