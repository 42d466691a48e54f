/**
 * The one place that knows eventemitter3.
 *
 * Users get {@link Subscribable} only, so nobody but the owner emits. Two habits of eventemitter3 5 are met here: an `error` nobody
 * listens to is silent, so {@link Emitter.emit} tells whether anybody heard; and what a listener throws comes out of `emit` (the
 * listeners after it are not called), so it is caught and handed to `onThrow`.
 */
import { InvalidArgumentError } from "@groupcast/backend";
import { EventEmitter } from "eventemitter3";
import { checkFunction } from "./check-argument.js";

/** Event name → arguments of its listeners. */
export type EventMap = { [event: string]: unknown[] };

/** What users may do with an object that has events of map `M`. @throws InvalidArgumentError for an event it does not have. */
export interface Subscribable<M extends EventMap> {
  on<E extends keyof M & string>(event: E, listener: (...args: M[E]) => void): this;
  once<E extends keyof M & string>(event: E, listener: (...args: M[E]) => void): this;
  off<E extends keyof M & string>(event: E, listener: (...args: M[E]) => void): this;
}

/** Event name → what it tells, in a few words. */
export type EventTable<M extends EventMap> = { readonly [E in keyof M & string]: string };

/** Sends events of map `M` to whoever listens. */
export class Emitter<M extends EventMap> {
  readonly #listeners = new EventEmitter();
  readonly #table: EventTable<M>;
  readonly #onThrow: (error: unknown, event: keyof M & string) => void;

  /** `onThrow` must not emit the event whose listener threw. */
  constructor(table: EventTable<M>, onThrow: (error: unknown, event: keyof M & string) => void) {
    this.#table = table;
    this.#onThrow = onThrow;
  }

  on<E extends keyof M & string>(event: E, listener: (...args: M[E]) => void): void {
    this.#listeners.on(this.#check("on", event, listener), listener as (...args: unknown[]) => void);
  }

  once<E extends keyof M & string>(event: E, listener: (...args: M[E]) => void): void {
    this.#listeners.once(this.#check("once", event, listener), listener as (...args: unknown[]) => void);
  }

  off<E extends keyof M & string>(event: E, listener: (...args: M[E]) => void): void {
    this.#listeners.off(this.#check("off", event, listener), listener as (...args: unknown[]) => void);
  }

  /** Calls every listener of `event`; false when there was none. */
  emit<E extends keyof M & string>(event: E, ...args: M[E]): boolean {
    if (this.#listeners.listenerCount(event) === 0) return false;
    try {
      this.#listeners.emit(event, ...args);
    } catch (error) {
      this.#onThrow(error, event);
    }
    return true;
  }

  /** A slip in the name of an event would otherwise be a listener that never hears anything. */
  #check(operation: string, event: string, listener: unknown): string {
    checkFunction(operation, "listener", listener);
    if (typeof event === "string" && Object.hasOwn(this.#table, event)) return event;
    const expected = `one of ${Object.keys(this.#table).join(", ")}`;
    throw new InvalidArgumentError("ERR_ARGUMENT_RANGE", { operation, argument: "event", value: event, expected });
  }
}
