/**
 * Waits at the AbortSignals of programs.
 *
 * A program may have defined properties of its own on a signal, whose getters and methods throw. What throws while a call sets out, or in a
 * listener of the signal, leaves a promise behind that never settles. So these functions use the methods that every signal is made with.
 */
import { wrongType } from "./check-argument.js";

const { addEventListener, removeEventListener } = EventTarget.prototype;
const readAborted = getterOf<boolean>("aborted");
const readReason = getterOf<unknown>("reason");

/** Returns `value` if it is an AbortSignal or undefined. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. */
export function checkSignal(operation: string, value: unknown): AbortSignal | undefined {
  if (value === undefined || isSignal(value)) return value;
  throw wrongType(operation, "signal", value, "an AbortSignal");
}

/** Returns whether `signal` has aborted. */
export function isAborted(signal: AbortSignal): boolean {
  return readAborted.call(signal);
}

/** Throws the reason of `signal` if it has aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal !== undefined && isAborted(signal)) throw readReason.call(signal);
}

/** Calls `aborted` with the reason when `signal` aborts, until the function that this returns is called. */
export function whenAborted(signal: AbortSignal | undefined, aborted: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => {};
  const waits = waiting.get(signal) ?? listenTo(signal);
  const wait: Wait = { aborted };
  waits.all.add(wait);
  return () => {
    waits.all.delete(wait);
    if (waits.all.size === 0) waits.end();
  };
}

/** Call that waits for a signal. */
interface Wait {
  readonly aborted: (reason: unknown) => void;
}

/** Calls that wait for one signal. They share a listener: from the eleventh on Node warns of a leak, and removes each in linear time. */
interface Waits {
  readonly all: Set<Wait>;
  end(): void;
}

const waiting = new WeakMap<AbortSignal, Waits>();

function listenTo(signal: AbortSignal): Waits {
  const all = new Set<Wait>();
  const listener = (): void => {
    waits.end();
    for (const { aborted } of all) aborted(readReason.call(signal));
  };
  const waits = {
    all,
    end: () => {
      removeEventListener.call(signal, "abort", listener);
      if (waiting.get(signal) === waits) waiting.delete(signal);
    },
  };
  addEventListener.call(signal, "abort", listener, { once: true });
  waiting.set(signal, waits);
  return waits;
}

function isSignal(value: unknown): value is AbortSignal {
  if (!(value instanceof AbortSignal)) return false;
  try {
    readAborted.call(value); // throws for what only looks like a signal, such as Object.create(AbortSignal.prototype)
    return true;
  } catch {
    return false;
  }
}

function getterOf<T>(property: "aborted" | "reason"): (this: AbortSignal) => T {
  return Object.getOwnPropertyDescriptor(AbortSignal.prototype, property)!.get!;
}
