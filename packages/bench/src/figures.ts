/** Figures, and their notation. */
import type { FigureName } from "./runs.js";

interface Style {
  readonly title: string;
  readonly unit: string;
  readonly write: (value: number) => string;
  /** Whether it is ranked and charted as "less is better". */
  readonly isLessBetter: boolean;
}

const short = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const whole = (value: number): string => Math.round(value).toLocaleString("en");

export const FIGURES: Readonly<Record<FigureName, Style>> = {
  cpuUs: { title: "CPU", unit: "µs", write: short, isLessBetter: true },
  perSecond: { title: "rate", unit: "k/s", write: (value) => short(value / 1000), isLessBetter: false },
  lost: { title: "lost", unit: "", write: whole, isLessBetter: true },
  p50Us: { title: "RTT p50", unit: "µs", write: short, isLessBetter: true },
  p99Us: { title: "p99", unit: "µs", write: short, isLessBetter: true },
  p999Us: { title: "p99.9", unit: "µs", write: short, isLessBetter: true },
  residentMiB: { title: "resident", unit: "MiB", write: short, isLessBetter: true },
  growthMiB: { title: "growth", unit: "MiB", write: (value) => value.toFixed(1), isLessBetter: true },
  flapMs: { title: "CPU for the flap", unit: "ms", write: short, isLessBetter: true },
  startMs: { title: "start", unit: "ms", write: short, isLessBetter: true },
};

/** Returns a value with its unit: `1.18 µs`. */
export function written(figure: FigureName, value: number): string {
  const { write, unit } = FIGURES[figure];
  return unit === "" ? write(value) : `${write(value)} ${unit}`;
}
