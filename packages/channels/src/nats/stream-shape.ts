/** Checks of a stream that somebody else has made. */
import type { StreamConfig } from "@nats-io/jetstream";

const LONGEST_REPEAT_MS = 30_000;
const NANOSECONDS = 1e6; // of a millisecond
const MARGIN = 2; // of the time that a stream remembers ids: messages take their time to get there

/** Settings with which a stream cannot keep channels, and the reasons. */
const UNFIT: readonly (readonly [has: (config: StreamConfig) => boolean, reason: string])[] = [
  [({ no_ack }) => no_ack === true, "the stream does not confirm messages (no_ack): set no_ack to false"],
  [
    ({ retention }) => retention === "workqueue" || retention === "interest",
    "the stream removes what some subscribers have read (retention): create it with the retention limits",
  ],
];

/** Returns the reason why a stream cannot keep channels; undefined when it can. */
export function unfitness(config: StreamConfig): string | undefined {
  return UNFIT.find(([has]) => has(config))?.[1];
}

/** Returns the time for which the stream knows a repeated message by its id, less a margin, in milliseconds. */
export function repeatTime({ duplicate_window: window }: StreamConfig): number {
  return Math.min(LONGEST_REPEAT_MS, window / NANOSECONDS / MARGIN);
}
