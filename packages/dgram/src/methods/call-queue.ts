import { errorMonitor } from "node:events";
import { STATE, type StatefulSocket } from "../socket-state.js";

const FAILURE = errorMonitor as unknown as string; // declared as a symbol that no method takes

/** Makes `call` wait until the socket is bound; it is forgotten when binding fails. */
export function callWhenBound(socket: StatefulSocket, call: () => void): void {
  const state = socket[STATE];
  if (state.queue === undefined) {
    state.queue = [];
    socket.once(FAILURE, bindFailed);
    socket.once("listening", bound);
  }
  state.queue.push(call);
}

function bound(this: StatefulSocket): void {
  this.removeListener(FAILURE, bindFailed);
  const { queue = [] } = this[STATE];
  this[STATE].queue = undefined;
  for (const call of queue) call();
}

function bindFailed(this: StatefulSocket): void {
  this.removeListener("listening", bound);
  this[STATE].queue = undefined;
}
