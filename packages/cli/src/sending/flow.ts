/** Waits of programs that send: for the network, and for time. */
import { whenAborted } from "@groupcast/base";
import type { Clock, MulticastPort, ScheduledCall } from "groupcast";

/** Waits until the network has what was written, or until nobody wants to wait. */
export async function flush(port: MulticastPort, signal: AbortSignal | undefined): Promise<void> {
  port.flush();
  if (port.statistics().queued === 0) return;
  await until(port.drained(), signal);
}

/** Waits `delayMs`, or until the signal aborts. */
export async function pause(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  let call: ScheduledCall | undefined;
  const elapsed = new Promise<void>((resolve) => {
    call = clock.schedule(delayMs, resolve);
  });
  await until(elapsed, signal);
  call?.cancel();
}

/** Waits for `promise`, or for the signal, whichever comes first. */
async function until(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  if (signal.aborted) return;
  let stopWaiting = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    stopWaiting = whenAborted(signal, () => resolve());
  });
  await Promise.race([promise, aborted]).finally(stopWaiting);
}
