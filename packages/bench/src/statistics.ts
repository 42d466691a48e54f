/** Returns the middle value, or the mean of the two middle ones. `values` is not empty. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Returns half the distance between the smallest and the largest value, as a share of the median; 0 when all are equal. */
export function spreadOf(values: readonly number[]): number {
  const range = Math.max(...values) - Math.min(...values);
  return range === 0 ? 0 : range / 2 / medianOf(values);
}
