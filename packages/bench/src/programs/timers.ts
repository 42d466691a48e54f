import { cpuUs, numberArgument, sayResult } from "./arguments.js";

/** Starts timers that are due within a second; the last one reports the result. */
export function startTimers(): void {
  const count = numberArgument("count", 10_000);
  const startedCpuUs = cpuUs();
  let fired = 0;
  const fire = (): void => {
    if (++fired === count) sayResult({ fired, cpuUs: cpuUs() - startedCpuUs });
  };
  for (let i = 0; i < count; i++) setTimeout(fire, 1 + (i % 1000));
}
