/** The verdict of a soak: which quantities grow, what got lost, and the arithmetic behind it. */
import { type Account, missingIn } from "./account.js";
import { type Measurement, trendOf } from "./trend.js";

/** One moment of one process. */
export interface Sample {
  /** Time since the load began. */
  readonly minute: number;
  readonly residentMiB: number;
  readonly heapMiB: number;
  readonly externalMiB: number;
  /** Undefined where the system has no list of them. */
  readonly descriptors: number | undefined;
  readonly medianMs: number;
  readonly slowMs: number;
}

/** The life of one backend under load. */
export interface SoakRecord {
  readonly backend: string;
  readonly samples: readonly Sample[];
  readonly accounts: readonly Account[];
  /** Failures that are no number: an uncaught exception, a descriptor that stayed open. */
  readonly failures: readonly string[];
}

export interface Finding {
  readonly isGood: boolean;
  /** The finding with its arithmetic, for people. */
  readonly line: string;
  /** Set where the run was too short for a verdict. */
  readonly isOpen?: true;
}

interface Quantity {
  readonly name: string;
  readonly unit: string;
  readonly read: (sample: Sample) => number | undefined;
  /** Growth per minute that is still called steady; undefined: the trend is shown, and not judged, as it measures the machine, too. */
  readonly allowance: number | undefined;
}

const QUANTITIES: readonly Quantity[] = [
  { name: "RSS", unit: "MiB", read: ({ residentMiB }) => residentMiB, allowance: 2 },
  { name: "heap", unit: "MiB", read: ({ heapMiB }) => heapMiB, allowance: 0.5 },
  { name: "external memory", unit: "MiB", read: ({ externalMiB }) => externalMiB, allowance: 0.5 },
  { name: "descriptors", unit: "descriptors", read: ({ descriptors }) => descriptors, allowance: 0.5 },
  { name: "latency p50", unit: "ms", read: ({ medianMs }) => medianMs, allowance: undefined },
  { name: "latency p99", unit: "ms", read: ({ slowMs }) => slowMs, allowance: undefined },
];

const WARM_UP = 1 / 3; // of the run: code is compiled, pools and tables fill
const LEAST_SAMPLES = 5;
const LEAST_MINUTES = 0.9; // of samples: in less a heap has not come to rest, and a slope per minute is a guess

/** Judges everything that was recorded of one backend. */
export function judge({ samples, accounts, failures }: SoakRecord): Finding[] {
  return [
    ...QUANTITIES.map((quantity) => findTrend(quantity, samples)),
    ...accounts.map(findMissing),
    ...failures.map((line) => ({ isGood: false, line })),
  ];
}

/** Returns what the findings of all backends come to, in one line. */
export function conclusionOf(findings: readonly Finding[]): string {
  if (!findings.every(({ isGood }) => isGood)) return "NOT STEADY: see the lines with a cross";
  if (findings.some(({ isOpen }) => isOpen)) return "nothing is lost; too short a run to say whether anything leaks";
  return "steady: nothing leaks, nothing is lost";
}

function findTrend({ name, unit, read, allowance }: Quantity, samples: readonly Sample[]): Finding {
  const measured = afterWarmUp(samples).flatMap((sample): Measurement[] => {
    const value = read(sample);
    return value === undefined ? [] : [{ minute: sample.minute, value }];
  });
  if (measured.length < LEAST_SAMPLES) return { isGood: true, line: `${name}: not judged, ${measured.length} samples` };
  const { slope, margin, spread, count, minutes, mean } = trendOf(measured);
  const change = `${name} ${slope < 0 ? "fell" : "grew"} ${digits(Math.abs(slope))} ${unit}/min ± ${digits(margin)}`;
  const basis = `mean ${digits(mean)}, spread ${digits(spread)}, ${count} samples in ${minutes.toFixed(1)} min`;
  if (allowance === undefined) return { isGood: true, line: `${change} (${basis}): shown, not judged` };
  if (minutes < LEAST_MINUTES) {
    return { isGood: true, isOpen: true, line: `${change} (${basis}): not judged in less than ${LEAST_MINUTES} min` };
  }
  const isGood = slope - margin <= allowance;
  const arithmetic = `${digits(slope)} − ${digits(margin)} ${isGood ? "≤" : ">"} ${allowance}`;
  return { isGood, line: `${change} (${basis}): ${isGood ? "steady" : "LEAK"}, ${arithmetic}` };
}

function findMissing(account: Account): Finding {
  const { path, sent, delivered, refused, counted } = account;
  const missing = missingIn(account);
  const verdict = missing === 0 ? "complete" : missing > 0 ? `${missing} LOST` : `${-missing} TOO MANY`;
  return { isGood: missing === 0, line: `${path}: ${sent} = ${delivered} delivered + ${refused} refused + ${counted} counted: ${verdict}` };
}

function afterWarmUp(samples: readonly Sample[]): readonly Sample[] {
  const end = samples.at(-1)?.minute ?? 0;
  return samples.filter(({ minute }) => minute >= end * WARM_UP);
}

function digits(value: number): string {
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 3);
}
