/**
 * The only file that imports eventemitter3.
 *
 * It works around three habits of eventemitter3 5. An `error` event without listeners is silent, so {@link Emitter.emit} returns whether
 * there was one. A listener that throws keeps later listeners from being called, and one that rejects ends the process, so each listener
 * runs in its own guard. And eventemitter3 accepts any event name, so a typing slip would add a listener that is never called: unknown
 * names are refused.
 */
import { EventEmitter } from "eventemitter3";
import { checkChoice, checkFunction } from "./check-argument.js";
import { callGuarded } from "./user-code.js";

/** Map of event name → type of its listeners, in typed-emitter's form: `{ closed: () => void }`. */
export type EventMap = {
  /** Type of the listeners of one event. */
  [event: string]: (...args: never[]) => void;
};

/** An object with the events of map `M`, as its users see it: they listen, and cannot emit. */
export interface Subscribable<M extends EventMap> {
  /** Calls `listener` at each `event`. @throws InvalidArgumentError `ERR_NAME_UNKNOWN`: no such event; `ERR_ARGUMENT_TYPE`. */
  on<E extends keyof M & string>(event: E, listener: M[E]): this;
  /** Calls `listener` at the next `event` only. @throws InvalidArgumentError as {@link Subscribable.on}. */
  once<E extends keyof M & string>(event: E, listener: M[E]): this;
  /** Removes `listener`, however often it was added. @throws InvalidArgumentError as {@link Subscribable.on}. */
  off<E extends keyof M & string>(event: E, listener: M[E]): this;
  /** {@link Subscribable.off}, by the name that `once` and `on` of `node:events` call it. */
  removeListener<E extends keyof M & string>(event: E, listener: M[E]): this;
}

/** Map of event name → meaning of the event, in a few words. */
export type EventTable<M extends EventMap> = { readonly [E in keyof M & string]: string };

type Listener = (...args: unknown[]) => unknown;

// Not written where they are assigned: each emitter would have functions of its own.
const nothing = (): void => {};
const rethrow = (error: unknown): void => {
  throw error;
};

/** Emitter of the events of map `M`. Its owner keeps it private, and gives users {@link Subscribable}. */
export class Emitter<M extends EventMap> {
  #listeners: EventEmitter | undefined; // from the first listener on: most of ten thousand channels have none
  readonly #table: EventTable<M>;
  /**
   * Receives each error that a listener of `event` throws or rejects with. Must not emit that event. The owner sets it before anybody
   * listens.
   */
  listenerThrew: (error: unknown, event: keyof M & string) => void = rethrow;
  /** Called after each listener that was added. The owner sets it before anybody listens. */
  listenerAdded: () => void = nothing;
  #guarded: Map<string, WeakMap<Listener, Listener>> | undefined; // event → listener → the function that calls it in a guard

  /** Makes an emitter without listeners. @param table - All events; any other name is refused. */
  constructor(table: EventTable<M>) {
    this.#table = table;
  }

  /** Adds `listener`; {@link Subscribable.on} has the errors. */
  on<E extends keyof M & string>(event: E, listener: M[E]): void {
    const guarded = this.#guard("on", event, listener);
    this.#listeners ??= new EventEmitter();
    this.#listeners.on(event, guarded);
    this.listenerAdded();
  }

  /** Adds `listener` for one event; {@link Subscribable.on} has the errors. */
  once<E extends keyof M & string>(event: E, listener: M[E]): void {
    const guarded = this.#guard("once", event, listener);
    this.#listeners ??= new EventEmitter();
    this.#listeners.once(event, guarded);
    this.listenerAdded();
  }

  /** Removes `listener`; {@link Subscribable.on} has the errors. */
  off<E extends keyof M & string>(event: E, listener: M[E]): void {
    const guarded = this.#guard("off", event, listener);
    this.#listeners?.off(event, guarded);
  }

  /** Returns whether `event` has a listener: without one, what is expensive need not be made. */
  isHeard(event: keyof M & string): boolean {
    return this.#listeners !== undefined && this.#listeners.listenerCount(event) > 0;
  }

  /** Calls every listener of `event`, each in its own guard. Returns false when there was none. */
  emit<E extends keyof M & string>(event: E, ...args: Parameters<M[E]>): boolean {
    return this.#listeners?.emit(event, ...args) ?? false;
  }

  /** Returns the function that calls `listener` in a guard: the same one each time, so that `off` finds it. */
  #guard(operation: string, event: keyof M & string, listener: unknown): Listener {
    this.#check(operation, event, listener);
    const call = listener as Listener;
    this.#guarded ??= new Map();
    const ofEvent = this.#guarded.get(event) ?? new WeakMap<Listener, Listener>();
    this.#guarded.set(event, ofEvent);
    const threw = (error: unknown): void => this.listenerThrew(error, event);
    const guarded = ofEvent.get(call) ?? ((...args) => callGuarded(() => call(...args), threw));
    ofEvent.set(call, guarded);
    return guarded;
  }

  #check(operation: string, event: unknown, listener: unknown): void {
    checkFunction(operation, "listener", listener);
    checkChoice(operation, "event", event, Object.keys(this.#table));
  }
}
