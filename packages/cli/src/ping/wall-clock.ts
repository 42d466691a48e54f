/** Returns the time in microseconds since 1970, an integer. */
export function wallClockUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}
