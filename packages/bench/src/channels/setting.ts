/** What the programs of this benchmark have in common. */

export const CHANNEL_PORT = 19_300;
export const REACTOR_PORT = 19_301; // not the channels': each would hear the other's datagrams
export const CHANNEL = "bench";
export const PAYLOAD_BYTES = 200;
export const RECEIVE_BUFFER_BYTES = 4_194_304;

/** CPU time since `before`, in microseconds for each of `count`. */
export function cpuMicroseconds(before: NodeJS.CpuUsage, count: number): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / Math.max(1, count);
}

/** Prints the figures for whoever started this program. */
export function report(figures: Readonly<Record<string, number>>): void {
  console.log(
    `result ${Object.entries(figures)
      .map(([name, value]) => `${name}=${value}`)
      .join(" ")}`,
  );
}
