import { debuglog } from "node:util";
import { type Logger, Reactor } from "groupcast";

const debug = debuglog("groupcast");

/** Programs written for `node:dgram` expect nothing on stderr; `NODE_DEBUG=groupcast` shows it. */
const LOGGER: Logger = {
  info: (message, fields) => debug("%s %o", message, fields),
  warn: (message, fields) => debug("%s %o", message, fields),
  error: (message, fields) => debug("%s %o", message, fields),
};

let reactor: Reactor | undefined;

/** Returns the reactor that the sockets of this thread share. */
export function sharedReactor(): Reactor {
  reactor ??= new Reactor({ logger: LOGGER });
  return reactor;
}
