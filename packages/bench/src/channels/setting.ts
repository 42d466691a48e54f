/** Constants and functions that the programs of this benchmark share. */

export const CHANNEL_PORT = 19_300;
export const REACTOR_PORT = 19_301; // not the channels' port: each would receive the other's datagrams
export const CHANNEL = "bench";
export const PAYLOAD_BYTES = 200;
export const RECEIVE_BUFFER_BYTES = 4_194_304;

/** Returns the CPU time since `before`, in microseconds per item of `count`. */
export function cpuMicroseconds(before: NodeJS.CpuUsage, count: number): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / Math.max(1, count);
}

/** Prints the figures for the program that started this one. */
export function report(figures: Readonly<Record<string, number>>): void {
  console.log(
    `result ${Object.entries(figures)
      .map(([name, value]) => `${name}=${value}`)
      .join(" ")}`,
  );
}
