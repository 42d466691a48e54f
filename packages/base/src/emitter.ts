/**
 * The one place that knows eventemitter3.
 *
 * Three habits of eventemitter3 5 are met here. An `error` that nobody listens to is silent, so {@link Emitter.emit} says whether
 * anybody listened. A listener that throws keeps the ones after it from being called, and one that rejects ends the process: so each
 * listener is called in a guard of its own. And it takes any event name, so a typing slip would be a listener that is never called.
 */
import { EventEmitter } from "eventemitter3";
import { checkFunction, outOfRange } from "./check-argument.js";
import { callGuarded } from "./user-code.js";

/** Event name → its listeners, in typed-emitter's form: `{ closed: () => void }`. */
export type EventMap = { [event: string]: (...args: never[]) => void };

/** What users may do with an object that has the events of map `M`. */
export interface Subscribable<M extends EventMap> {
  /** Calls `listener` at each `event`. @throws InvalidArgumentError `ERR_ARGUMENT_RANGE`: no such event; `ERR_ARGUMENT_TYPE`. */
  on<E extends keyof M & string>(event: E, listener: M[E]): this;
  /** Calls `listener` at the next `event` only. @throws InvalidArgumentError as {@link Subscribable.on}. */
  once<E extends keyof M & string>(event: E, listener: M[E]): this;
  /** Takes `listener` away, however often it was added. @throws InvalidArgumentError as {@link Subscribable.on}. */
  off<E extends keyof M & string>(event: E, listener: M[E]): this;
}

/** Event name → what it reports, in a few words. */
export type EventTable<M extends EventMap> = { readonly [E in keyof M & string]: string };

type Listener = (...args: unknown[]) => unknown;

/** Emits the events of map `M`. */
export class Emitter<M extends EventMap> {
  readonly #listeners = new EventEmitter();
  readonly #table: EventTable<M>;
  /** Receives what a listener of `event` threw, or rejected with. Must not emit that event. Set by the owner before anybody listens. */
  listenerThrew: (error: unknown, event: keyof M & string) => void = (error) => {
    throw error;
  };
  #guarded: Map<string, WeakMap<Listener, Listener>> | undefined; // event → listener → the function that calls it in a guard

  /** @param table - The events there are; any other name is refused. */
  constructor(table: EventTable<M>) {
    this.#table = table;
  }

  on<E extends keyof M & string>(event: E, listener: M[E]): void {
    this.#listeners.on(event, this.#guard("on", event, listener));
  }

  once<E extends keyof M & string>(event: E, listener: M[E]): void {
    this.#listeners.once(event, this.#guard("once", event, listener));
  }

  off<E extends keyof M & string>(event: E, listener: M[E]): void {
    this.#listeners.off(event, this.#guard("off", event, listener));
  }

  /** Calls every listener of `event`, each in a guard of its own; false when there was none. */
  emit<E extends keyof M & string>(event: E, ...args: Parameters<M[E]>): boolean {
    return this.#listeners.emit(event, ...args);
  }

  /** Returns the function that stands for `listener`: the same one each time, so that `off` finds it. */
  #guard(operation: string, event: keyof M & string, listener: unknown): Listener {
    this.#check(operation, event, listener);
    const call = listener as Listener;
    this.#guarded ??= new Map();
    const ofEvent = this.#guarded.get(event) ?? new WeakMap<Listener, Listener>();
    this.#guarded.set(event, ofEvent);
    const guarded =
      ofEvent.get(call) ??
      ((...args) =>
        callGuarded(
          () => call(...args),
          (error) => this.listenerThrew(error, event),
        ));
    ofEvent.set(call, guarded);
    return guarded;
  }

  #check(operation: string, event: string, listener: unknown): void {
    checkFunction(operation, "listener", listener);
    if (typeof event === "string" && Object.hasOwn(this.#table, event)) return;
    throw outOfRange(operation, "event", event, `one of ${Object.keys(this.#table).join(", ")}`);
  }
}
