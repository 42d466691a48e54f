/** Constants and functions that the programs of this benchmark share. */

export const CHANNEL_PORT = 19_300;
export const REACTOR_PORT = 19_301; // not the channels' port: each would receive the other's datagrams
export const CHANNEL = "bench";
/** Largest number of messages in flight where none may be lost: the smallest receive buffer of a kernel holds them. */
export const WINDOW = 256;
/** Time that a program has to become warm before it is measured, in milliseconds. */
export const WARM_MS = 1000;
/** Messages of which one is confirmed. */
export const CONFIRMED_EACH = 64;
/** Channels of messages that go there and back. */
export const RETURNED = { there: "bench/there", back: "bench/back" } as const;
export const PAYLOAD_BYTES = 200;
/** Kinds of messages: bare datagrams of the reactor, those of a channel, and those of a reliable channel. */
export type Kind = "reactor" | "channel" | "reliable";
export const RECEIVE_BUFFER_BYTES = 4_194_304;

/** Returns the CPU time from `before` to `after`, in microseconds per item of `count`. */
export function cpuMicroseconds(before: NodeJS.CpuUsage, count: number, after: NodeJS.CpuUsage = process.cpuUsage()): number {
  return (after.user + after.system - before.user - before.system) / Math.max(1, count);
}

/** Prints the figures for the program that started this one. */
export function report(figures: Readonly<Record<string, number>>): void {
  console.log(
    `result ${Object.entries(figures)
      .map(([name, value]) => `${name}=${value}`)
      .join(" ")}`,
  );
}
