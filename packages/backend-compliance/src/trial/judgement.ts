import { AssertionError } from "node:assert/strict";
import { Refusal } from "../endpoint/refusal.js";
import { LeftoverError } from "../site/leftovers.js";

/**
 * Whether `error` is the judgement of a contract: an assertion that failed, or a step that a bare socket refused.
 *
 * Anything else is an accident of the contract or of its surroundings. So is a leftover, which the trial finds when it ends.
 */
export function isJudgement(error: unknown): boolean {
  return (error instanceof AssertionError && !(error instanceof LeftoverError)) || error instanceof Refusal;
}
