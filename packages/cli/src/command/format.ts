/** Numbers as people read them. */

const THOUSANDS = new Intl.NumberFormat("en-US");

/** Returns `1 datagram`, `2,500 datagrams`. */
export function formatCount(count: number, noun: string): string {
  return `${THOUSANDS.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Returns how often something happened: `998/s`. */
export function formatRate(count: number, durationMs: number): string {
  const perSecond = durationMs > 0 ? (count * 1000) / durationMs : 0;
  return `${perSecond >= 100 ? THOUSANDS.format(Math.round(perSecond)) : perSecond.toPrecision(2)}/s`;
}
