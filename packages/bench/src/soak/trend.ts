/** The line through measurements over time, by least squares, and how sure it is. */

export interface Measurement {
  readonly minute: number;
  readonly value: number;
}

export interface Trend {
  /** Change per minute. */
  readonly slope: number;
  /** Two standard errors of the slope: it is within this of the true one in some 95 of 100 cases. */
  readonly margin: number;
  /** Standard deviation of the measurements from the line. */
  readonly spread: number;
  readonly count: number;
  /** Time from the first measurement to the last. */
  readonly minutes: number;
  readonly mean: number;
}

const LARGEST_CORRELATION = 0.95;

/**
 * Fits a line. Neighbours resemble each other (memory that is collected late stays high for several samples), so they say less than as
 * many independent measurements: the margin grows by the correlation of neighbouring residuals r, as √((1 + r) / (1 − r)).
 *
 * @param measurements - Three at least, in the order of time.
 */
export function trendOf(measurements: readonly Measurement[]): Trend {
  const count = measurements.length;
  const meanMinute = meanOf(measurements.map(({ minute }) => minute));
  const mean = meanOf(measurements.map(({ value }) => value));
  const squares = sumOf(measurements.map(({ minute }) => (minute - meanMinute) ** 2));
  const slope = sumOf(measurements.map(({ minute, value }) => (minute - meanMinute) * (value - mean))) / squares;
  const residuals = measurements.map(({ minute, value }) => value - mean - slope * (minute - meanMinute));
  const variance = sumOf(residuals.map((residual) => residual ** 2)) / (count - 2);
  const correlation = correlationOfNeighbours(residuals);
  const margin = 2 * Math.sqrt((variance / squares) * ((1 + correlation) / (1 - correlation)));
  const minutes = measurements.at(-1)!.minute - measurements[0]!.minute;
  return { slope, margin, spread: Math.sqrt(variance), count, minutes, mean };
}

/** Between 0 and {@link LARGEST_CORRELATION}: neighbours that differ more than by chance make nothing surer. */
function correlationOfNeighbours(residuals: readonly number[]): number {
  const squares = sumOf(residuals.map((residual) => residual ** 2));
  if (squares === 0) return 0;
  const products = sumOf(residuals.slice(1).map((residual, index) => residual * residuals[index]!));
  return Math.min(LARGEST_CORRELATION, Math.max(0, products / squares));
}

function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
