import { promisify } from "node:util";
import { openState, STATE, type StatefulSocket } from "../socket-state.js";

/** Methods of a socket that close it. */
export const closeMethods = {
  close(this: StatefulSocket, callback?: () => void): StatefulSocket {
    const { queue } = this[STATE];
    if (typeof callback === "function") this.on("close", callback);
    if (queue !== undefined) {
      queue.push(() => this.close());
      return this;
    }
    const state = openState(this);
    state.delivery.close();
    state.handle.close();
    this[STATE].handle = null;
    process.nextTick(() => this.emit("close"));
    return this;
  },

  async [Symbol.asyncDispose](this: StatefulSocket): Promise<void> {
    if (this[STATE].handle === null) return;
    await promisify(this.close as (callback: () => void) => void).call(this);
  },
};
