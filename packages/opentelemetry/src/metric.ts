/** Metrics as tables: what a count is called, and in which unit. One callback reads all counts of a table at each collection. */
import type { Attributes, BatchObservableCallback, Meter, Observable } from "@opentelemetry/api";

/** Name, unit and description of one metric. */
export interface Metric {
  /** Name, as the semantic conventions of OpenTelemetry spell names. */
  readonly name: string;
  /** Unit in UCUM: `By`, or what is counted in braces. */
  readonly unit: string;
  /** Description: a noun phrase. */
  readonly description: string;
  /** Whether it also falls (an UpDownCounter). Absent: it only grows (a Counter). */
  readonly falls?: true;
}

/** Map of count → its metric. */
export type Metrics<Count extends string> = Readonly<Record<Count, Metric>>;

/** Map of count → its value. */
export type Counts<Count extends string> = Record<Count, number>;

/** Counts that share attributes. */
export type Series<Count extends string> = readonly [attributes: Attributes, counts: Readonly<Counts<Count>>];

/**
 * Makes the instruments of a table, and observes `read()` at each collection. `read` must return every series at every call: exporters
 * repeat the last value of one that is missing.
 *
 * @returns A function that ends the observation.
 */
export function observe<Count extends string>(meter: Meter, metrics: Metrics<Count>, read: () => Iterable<Series<Count>>): () => void {
  const instruments = (Object.keys(metrics) as Count[]).map((count) => [count, makeInstrument(meter, metrics[count])] as const);
  const observables = instruments.map(([, instrument]) => instrument);
  const callback: BatchObservableCallback = (result) => {
    for (const [attributes, counts] of read()) {
      for (const [count, instrument] of instruments) result.observe(instrument, counts[count], attributes);
    }
  };
  meter.addBatchObservableCallback(callback, observables);
  return () => meter.removeBatchObservableCallback(callback, observables);
}

/** Adds `counts` to `sum`, count by count. */
export function addCounts<Count extends string>(sum: Counts<Count>, counts: Readonly<Counts<Count>>): void {
  for (const count of Object.keys(sum) as Count[]) sum[count] += counts[count];
}

/** Returns counts of a table that are all zero. */
export function zeroCounts<Count extends string>(metrics: Metrics<Count>): Counts<Count> {
  return Object.fromEntries(Object.keys(metrics).map((count) => [count, 0])) as Counts<Count>;
}

function makeInstrument(meter: Meter, { name, unit, description, falls }: Metric): Observable {
  const options = { unit, description };
  return falls === true ? meter.createObservableUpDownCounter(name, options) : meter.createObservableCounter(name, options);
}
