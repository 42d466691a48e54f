import type { Sleeper, Wire } from "../clock/wire.js";

/** Watchers of the interfaces and routes of a host. */
export class ChangeWatchers {
  readonly #wire: Wire;
  readonly #watchers = new Set<Watcher>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Calls `changed` soon after every change, once for all that happen at one instant, until the returned function is called. */
  watch(changed: () => void): () => void {
    const watcher = new Watcher(changed);
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
      watcher.stop();
    };
  }

  /** Reports a change to all watchers. */
  notify(): void {
    for (const watcher of this.#watchers) watcher.notify(this.#wire);
  }
}

class Watcher implements Sleeper {
  #changed: (() => void) | undefined;
  #isWoken = false;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  notify(wire: Wire): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    wire.wakeSoon(this);
  }

  wake(): void {
    this.#isWoken = false;
    this.#changed?.();
  }

  stop(): void {
    this.#changed = undefined;
  }
}
