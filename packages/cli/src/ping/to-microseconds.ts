/** Returns a time in milliseconds, rounded to a microsecond: the clock's further digits mean nothing, and fill a line of JSON. */
export function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
