const US_PER_MS = 1000;
const NS_PER_US = 1000n;

/**
 * Returns the wall clock in nanoseconds since 1970, to some microseconds.
 *
 * `Date.now()` counts milliseconds; `performance` is finer and does not follow when somebody sets the clock. So it is held against `Date`,
 * and gives way to it.
 */
export function wallClockNs(): bigint {
  const fineMs = performance.timeOrigin + performance.now();
  const coarseMs = Date.now();
  const isApart = Math.abs(fineMs - coarseMs) > MOST_APART_MS;
  return BigInt(Math.round((isApart ? coarseMs : fineMs) * US_PER_MS)) * NS_PER_US;
}

const MOST_APART_MS = 2;
