import { type Clock, whenAborted } from "@groupcast/base";
import type { Monitor, MonitorSample } from "@groupcast/monitor";
import type { Output } from "../command/output.js";
import { LiveScreen } from "./monitor-screen.js";
import { sampleLine } from "./monitor-text.js";
import { type MonitorSummary, MonitorTotals } from "./monitor-totals.js";

/** End of a watch. */
export interface WatchEnd {
  /** Source of time. */
  readonly clock: Clock;
  /** Time after which it ends, in milliseconds. Absent: none. */
  readonly durationMs: number | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Shows the latest sample and those that follow, until Ctrl-C or the end of the duration, and sums them up. */
export async function watchMonitor(monitor: Monitor, { clock, durationMs, signal }: WatchEnd, output: Output): Promise<MonitorSummary> {
  const totals = new MonitorTotals();
  const screen = output.isTerminal && !output.json ? new LiveScreen(output) : undefined;
  const show = (sample: MonitorSample): void => {
    totals.note(sample);
    if (screen === undefined) output.result({ type: "sample", ...sample }, sampleLine(sample));
    else screen.draw(sample, monitor.history.events);
  };
  const undo = [clock.hold()]; // a monitor alone keeps no process alive
  try {
    await new Promise<void>((resolve, reject) => {
      const attempt = (sample: MonitorSample): void => {
        try {
          show(sample);
        } catch (error) {
          reject(error);
        }
      };
      if (monitor.latest !== undefined) attempt(monitor.latest);
      undo.push(
        whenAborted(signal, () => resolve()),
        monitor.watch(attempt),
      );
      if (durationMs !== undefined) {
        const end = clock.schedule(durationMs, resolve);
        undo.push(() => end.cancel());
      }
      if (signal.aborted) resolve();
    });
    return totals.summary();
  } finally {
    for (const step of undo) step();
  }
}
