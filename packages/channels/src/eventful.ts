import { EventEmitter } from "node:events";
import type { EventMap, Subscribable } from "groupcast";

/**
 * Something with events of map `M`. Users get on, once and off; only the thing itself tells.
 *
 * Two habits of Node's emitter are met here: an `error` that nobody listens to throws, so {@link Eventful.tell} says whether anybody
 * heard; and what a listener throws comes out of `emit`, so it is caught and given to {@link Eventful.listenerThrew}.
 */
export abstract class Eventful<M extends EventMap> implements Subscribable<M> {
  readonly #listeners = new EventEmitter();

  on<E extends keyof M & string>(event: E, listener: (...args: M[E]) => void): this {
    this.#listeners.on(event, listener as (...args: unknown[]) => void);
    return this;
  }

  once<E extends keyof M & string>(event: E, listener: (...args: M[E]) => void): this {
    this.#listeners.once(event, listener as (...args: unknown[]) => void);
    return this;
  }

  off<E extends keyof M & string>(event: E, listener: (...args: M[E]) => void): this {
    this.#listeners.off(event, listener as (...args: unknown[]) => void);
    return this;
  }

  /** Calls every listener of `event`; false when there was none. */
  protected tell<E extends keyof M & string>(event: E, ...args: M[E]): boolean {
    if (this.#listeners.listenerCount(event) === 0) return false;
    try {
      this.#listeners.emit(event, ...args);
    } catch (error) {
      this.listenerThrew(error);
    }
    return true;
  }

  protected abstract listenerThrew(error: unknown): void;
}
