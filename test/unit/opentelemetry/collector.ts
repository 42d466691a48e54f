// The SDK of OpenTelemetry, with a reader that tests ask.
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { onTestFinished } from "vitest";

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** One collection. */
export interface Collection {
  /** Series → value: `groupcast.port.count`, `groupcast.port.count network.local.port=9999`. */
  readonly values: ReadonlyMap<string, number>;
  /** Metric → its unit, and whether it only grows. */
  readonly kinds: ReadonlyMap<string, readonly [unit: string, isMonotonic: boolean]>;
  /** Errors of callbacks. */
  readonly errors: readonly unknown[];
}

/** A meter provider, and what it collects. */
export class Collector {
  readonly #reader = new Reader();
  readonly provider: MeterProvider = new MeterProvider({ readers: [this.#reader] });

  constructor() {
    onTestFinished(() => this.provider.shutdown());
  }

  async collect(): Promise<Collection> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    const values = new Map<string, number>();
    const kinds = new Map<string, readonly [string, boolean]>();
    for (const metric of resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)) {
      const { name, unit } = metric.descriptor;
      kinds.set(name, [unit, "isMonotonic" in metric && metric.isMonotonic]);
      for (const { attributes, value } of metric.dataPoints) {
        const pairs = Object.entries(attributes).map(([key, attribute]) => ` ${key}=${attribute}`);
        values.set(name + pairs.join(""), value as number);
      }
    }
    return { values, kinds, errors };
  }

  /** The value of one series now. */
  async valueOf(series: string): Promise<number | undefined> {
    return (await this.collect()).values.get(series);
  }
}
