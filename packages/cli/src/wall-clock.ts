const US_PER_MS = 1000;
const NS_PER_US = 1000n;
const MOST_APART_MS = 2;

/**
 * Returns the wall clock in microseconds since 1970, an integer.
 *
 * `Date.now()` counts milliseconds; `performance` is finer and does not follow when somebody sets the clock. So it is held against `Date`,
 * and gives way to it.
 */
export function wallClockUs(): number {
  const fineMs = performance.timeOrigin + performance.now();
  const coarseMs = Date.now();
  const isApart = Math.abs(fineMs - coarseMs) > MOST_APART_MS;
  return Math.round((isApart ? coarseMs : fineMs) * US_PER_MS);
}

/** Returns the same in nanoseconds, for kernel timestamps to be compared with. */
export function wallClockNs(): bigint {
  return BigInt(wallClockUs()) * NS_PER_US;
}
