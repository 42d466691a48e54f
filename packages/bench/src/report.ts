import { verdicts } from "./limits.js";
import type { Machine } from "./machine.js";
import { RIVAL_LIMITS } from "./rivals.js";
import type { Measurement } from "./rounds.js";

/** All measurements, each round included. */
export function asJson(measurements: readonly Measurement[], machine: Machine): string {
  const scenarios = measurements.map(({ scenario: { id, title, figures }, entries }) => ({ id, title, figures, entries }));
  return `${JSON.stringify({ machine, scenarios, limits: [...verdicts(measurements), ...verdicts(measurements, RIVAL_LIMITS)] }, undefined, 2)}\n`;
}
