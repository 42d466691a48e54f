/** Counts what a program does, and measures it once the program is warm: V8 has compiled the code, and pools and rings are full. */
import { cpuMicroseconds, WARM_MS } from "./setting.js";

const SAMPLE_MS = 20;

interface Sample {
  readonly ms: number;
  readonly count: number;
  readonly cpu: NodeJS.CpuUsage;
}

export class Meter {
  count = 0;
  #startMs: number | undefined; // when it began to count
  #warm: Sample | undefined;
  #latest: Sample | undefined;

  constructor() {
    setInterval(() => this.#sample(), SAMPLE_MS).unref();
  }

  /** Returns the rate and the CPU time for each, from {@link WARM_MS} after the first on, as long as there were any. */
  figures(): { readonly perSecond: number; readonly cpuUs: number } {
    const [from, to] = [this.#warm, this.#latest];
    if (from === undefined || to === undefined || from === to) throw new Error(`the program was not busy for ${WARM_MS} ms`);
    const count = to.count - from.count;
    return { perSecond: (count * 1000) / (to.ms - from.ms), cpuUs: cpuMicroseconds(from.cpu, count, to.cpu) };
  }

  #sample(): void {
    if (this.count === (this.#latest?.count ?? 0)) return;
    this.#latest = { ms: performance.now(), count: this.count, cpu: process.cpuUsage() };
    this.#startMs ??= this.#latest.ms;
    if (this.#warm === undefined && this.#latest.ms >= this.#startMs + WARM_MS) this.#warm = this.#latest;
  }
}
