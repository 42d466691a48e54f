import { type Clock, whenAborted } from "@groupcast/base";
import type { Monitor, MonitorSample, MonitorServer } from "@groupcast/monitor";
import { formatCount } from "../command/format.js";
import type { Output } from "../command/output.js";
import { LiveScreen } from "./monitor-screen.js";
import { sampleLine } from "./monitor-text.js";
import { type MonitorSummary, MonitorTotals } from "./monitor-totals.js";

/** Way and end of a watch. */
export interface WatchPlan {
  /** Source of time. */
  readonly clock: Clock;
  /** Time after which it ends, in milliseconds. Absent: none. */
  readonly durationMs: number | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Page that is open; absent: samples are printed. */
  readonly page: MonitorServer | undefined;
}

/** Shows the latest sample and those that follow, until Ctrl-C or the end of the duration, and sums them up. */
export async function watchMonitor(
  monitor: Monitor,
  { clock, durationMs, signal, page }: WatchPlan,
  output: Output,
): Promise<MonitorSummary> {
  const totals = new MonitorTotals();
  const print = page === undefined ? printer(monitor, output) : () => output.progress(clientsText(page));
  const show = (sample: MonitorSample): void => {
    totals.note(sample);
    print(sample);
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

/** Returns the function that prints a sample: as JSON, over the one before on a terminal, else as a line. */
function printer(monitor: Monitor, output: Output): (sample: MonitorSample) => void {
  if (output.json || !output.isTerminal) return (sample) => output.result({ type: "sample", ...sample }, sampleLine(sample));
  const screen = new LiveScreen(output);
  return (sample) => screen.draw(sample, monitor.history.events);
}

function clientsText(page: MonitorServer): string {
  const { clients, dropped, refused } = page.statistics();
  const faults = [dropped > 0 ? `${dropped} dropped` : "", refused > 0 ? `${refused} turned away` : ""].filter(Boolean);
  return [`${formatCount(clients, "browser")} watching; Ctrl-C ends`, ...faults].join(", ");
}
