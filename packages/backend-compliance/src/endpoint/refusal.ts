import assert from "node:assert/strict";
import type { Outcome } from "@groupcast/backend";
import { errnoName } from "@groupcast/base";

/** A bare socket refused a step: its outcome as an error, so that bare sockets and ports can be asked in the same way. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly errno: number;

  constructor(step: string, errno: number) {
    super(`${step} was refused: ${errnoName(errno)}`);
    this.errno = errno;
  }
}

/** Passes an outcome that is no refusal. @throws Refusal */
export function accepted(step: string, outcome: Outcome): number {
  if (outcome < 0) throw new Refusal(step, outcome);
  return outcome;
}

/** Passes an answer that is no errno, such as a list of interfaces. @throws Refusal */
export function answered<T>(answer: T | Outcome): Exclude<T, number> {
  if (typeof answer === "number") throw new Refusal("a question to the network", answer);
  return answer as Exclude<T, number>;
}

/**
 * Asserts that a call is refused.
 *
 * @param errno - Name of the OS's reason, or several where the platforms differ.
 * @param code - What a port says where it refuses before the OS is asked: its error has that code, and need not have an errno.
 */
export function assertRefused(call: () => unknown, errno: string | readonly string[], code?: string): void {
  const error = thrownBy(call) as { errno?: number; code?: string };
  const names = typeof errno === "string" ? [errno] : errno;
  if (!(error instanceof Refusal) && code !== undefined) assert.equal(error.code, code, describe(error));
  else assert.ok(error.errno !== undefined && names.includes(errnoName(error.errno)), `expected ${names}: ${describe(error)}`);
}

/** Asserts that an outcome is an errno of that name. */
export function assertOutcome(outcome: unknown, ...names: readonly string[]): void {
  assert.ok(typeof outcome === "number", `expected ${names}, got ${String(outcome)}`);
  if (outcome >= 0 || !names.includes(errnoName(outcome)))
    assert.fail(`expected ${names}, got ${outcome < 0 ? errnoName(outcome) : outcome}`);
}

/** What `call` throws. */
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
