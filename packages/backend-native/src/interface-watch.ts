import type { Outcome } from "@groupcast/backend";
import { callGuarded, stderrLogger } from "@groupcast/base";
import type { Addon } from "./addon.js";

const WATCH: unique symbol = Symbol.for("@groupcast/backend-native.interface-watch") as never;

const UNKNOWN = 0; // index, from the addon: messages were lost

/** Is called with the indices of interfaces that were deleted, and with whether these are all. */
export type InterfaceListener = (deleted: readonly number[], areAll: boolean) => void;

/** Calls its listeners after interfaces or addresses changed. It holds the addon's netlink socket while it has listeners. */
export class InterfaceWatch {
  readonly #addon: Addon;
  readonly #listeners = new Set<InterfaceListener>();

  private constructor(addon: Addon) {
    this.#addon = addon;
  }

  /** Returns the one watch of the addon, whichever evaluation of this module has made it: its netlink socket is one, too. */
  static of(addon: Addon & { [WATCH]?: InterfaceWatch }): InterfaceWatch {
    addon[WATCH] ??= new InterfaceWatch(addon);
    return addon[WATCH];
  }

  /** Adds a listener, once. @returns 0, or a negative errno when the OS refuses to report changes. */
  add(listener: InterfaceListener): Outcome {
    if (this.#listeners.size === 0) {
      const outcome = this.#addon.network_watch_start();
      if (outcome < 0) return outcome;
    }
    this.#listeners.add(listener);
    return 0;
  }

  /** Removes a listener. */
  remove(listener: InterfaceListener): void {
    if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#addon.network_watch_stop();
  }

  /** Calls every listener that was added before the change. One that throws is logged: the others run, and the event loop goes on. */
  notify(indices: readonly number[]): void {
    const deleted = indices.filter((index) => index !== UNKNOWN);
    const areAll = deleted.length === indices.length;
    for (const listener of [...this.#listeners]) {
      if (this.#listeners.has(listener)) callGuarded(() => listener(deleted, areAll), listenerThrew);
    }
  }
}

function listenerThrew(error: unknown): void {
  stderrLogger.error("a listener of interface changes threw", { error });
}
