import assert from "node:assert/strict";
import type { Outcome } from "@groupcast/backend";
import { errnoName } from "@groupcast/base";

/** A step that a bare socket refused: its outcome as an error, so that bare sockets and ports can be used in the same way. */
export class Refusal extends Error {
  /** Name of the class. */
  override readonly name = "Refusal";
  /** Negative errno that the socket returned. */
  readonly errno: number;

  /** Makes the error of a step. @param step - The step, as the message names it. */
  constructor(step: string, errno: number) {
    super(`${step} was refused: ${errnoName(errno)}`);
    this.errno = errno;
  }
}

/** Returns an outcome that is no refusal. @throws Refusal */
export function accepted(step: string, outcome: Outcome): number {
  if (outcome < 0) throw new Refusal(step, outcome);
  return outcome;
}

/** Returns the answer of a network, such as a list of interfaces, unless it is an errno. @throws Refusal */
export function answered<T>(answer: T | Outcome): Exclude<T, number> {
  if (typeof answer === "number") throw new Refusal("a question to the network", answer);
  return answer as Exclude<T, number>;
}

/** Returns whether an endpoint took a call, rather than refuse it with the error `code`. @throws Any other error of the call. */
export function isTaken(call: () => unknown, code: string): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== code) throw error;
    return false;
  }
}

/**
 * Asserts that a call is refused.
 *
 * @param errno - Name of the errno, or several where the platforms differ.
 * @param code - Code of the error of a port that refuses before it asks the OS; such an error need not have an errno.
 */
export function assertRefused(call: () => unknown, errno: string | readonly string[], code?: string): void {
  const error = thrownBy(call) as { errno?: number; code?: string };
  const names = typeof errno === "string" ? [errno] : errno;
  if (!(error instanceof Refusal) && code !== undefined) assert.equal(error.code, code, describe(error));
  else assert.ok(error.errno !== undefined && names.includes(errnoName(error.errno)), `expected ${names}: ${describe(error)}`);
}

/** Asserts that an outcome is an errno with one of these names. */
export function assertOutcome(outcome: unknown, ...names: readonly string[]): void {
  assert.ok(typeof outcome === "number", `expected ${names}, got ${String(outcome)}`);
  if (outcome >= 0 || !names.includes(errnoName(outcome)))
    assert.fail(`expected ${names}, got ${outcome < 0 ? errnoName(outcome) : outcome}`);
}

/** Returns the error that `call` throws. @throws AssertionError when it does not throw. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return assert.fail("expected a refusal, but it was accepted");
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
