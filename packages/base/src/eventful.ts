import type { Emitter, EventMap, Subscribable } from "./emitter.js";

/** An object with the events of map `M`. Users get `on`, `once` and `off`; only the owner of the emitter emits. */
export abstract class Eventful<M extends EventMap> implements Subscribable<M> {
  readonly #emitter: Emitter<M>;

  /** @param emitter - Kept by the subclass in a private field, so that nobody else emits. */
  constructor(emitter: Emitter<M>) {
    this.#emitter = emitter;
  }

  /** {@inheritDoc Subscribable.on} */
  on<E extends keyof M & string>(event: E, listener: M[E]): this {
    this.#emitter.on(event, listener);
    return this;
  }

  /** {@inheritDoc Subscribable.once} */
  once<E extends keyof M & string>(event: E, listener: M[E]): this {
    this.#emitter.once(event, listener);
    return this;
  }

  /** {@inheritDoc Subscribable.off} */
  off<E extends keyof M & string>(event: E, listener: M[E]): this {
    this.#emitter.off(event, listener);
    return this;
  }
}
