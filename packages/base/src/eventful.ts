import type { Emitter, EventMap, Subscribable } from "./emitter.js";

/** An object with the events of map `M`. Users listen; only the owner of the emitter emits. */
export abstract class Eventful<M extends EventMap> implements Subscribable<M> {
  readonly #emitter: Emitter<M>;

  /** Passes subscriptions on to `emitter`, which the subclass keeps in a private field, so that nobody else emits. */
  constructor(emitter: Emitter<M>) {
    this.#emitter = emitter;
  }

  /** Calls `listener` at each `event`. @throws InvalidArgumentError `ERR_NAME_UNKNOWN`: no such event; `ERR_ARGUMENT_TYPE`. */
  on<E extends keyof M & string>(event: E, listener: M[E]): this {
    this.#emitter.on(event, listener);
    return this;
  }

  /** Calls `listener` at the next `event` only. @throws InvalidArgumentError as `on`. */
  once<E extends keyof M & string>(event: E, listener: M[E]): this {
    this.#emitter.once(event, listener);
    return this;
  }

  /** Removes `listener`, however often it was added. @throws InvalidArgumentError as `on`. */
  off<E extends keyof M & string>(event: E, listener: M[E]): this {
    this.#emitter.off(event, listener);
    return this;
  }

  /** `off`, by the name that `once` and `on` of `node:events` call it. */
  removeListener<E extends keyof M & string>(event: E, listener: M[E]): this {
    return this.off(event, listener);
  }
}
