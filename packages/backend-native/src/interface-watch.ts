import type { Outcome } from "@groupcast/backend";
import type { Addon } from "./addon.js";

/** Calls its listeners after interfaces or addresses changed. Holds the addon's netlink socket while it has any. */
export class InterfaceWatch {
  readonly #addon: Addon;
  readonly #listeners = new Set<() => void>();

  constructor(addon: Addon) {
    this.#addon = addon;
  }

  /** Adds a listener, once; less than 0 when the OS refuses to tell. */
  add(listener: () => void): Outcome {
    if (this.#listeners.size === 0) {
      const outcome = this.#addon.network_watch_start();
      if (outcome < 0) return outcome;
    }
    this.#listeners.add(listener);
    return 0;
  }

  remove(listener: () => void): void {
    if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#addon.network_watch_stop();
  }

  /** Tells everyone who was there when the change was noticed. */
  notify(): void {
    for (const listener of [...this.#listeners]) {
      if (this.#listeners.has(listener)) listener();
    }
  }
}
