import { cpuUs, sayResult } from "./arguments.js";
import { END, isIntact, MEASURED, numberOf } from "./numbering.js";

/** Count of arrived datagrams, over all ports of a program. */
export class Tally {
  readonly sizeBytes: number;
  received = 0;
  isOver = false;
  #bytes = 0;
  #missing = 0;
  #misordered = 0;
  #corrupted = 0;
  #isMeasuring = false;
  #startedCpuUs = 0;
  #startedMs = 0;
  readonly #ended: () => void;

  /** `ended` is called once, when the run is over. */
  constructor(sizeBytes: number, ended: () => void) {
    this.sizeBytes = sizeBytes;
    this.#ended = ended;
  }

  /** Counts one datagram, where number `expected` was due. Returns the number that is due next. */
  count(data: Uint8Array, expected: number): number {
    const number = numberOf(data);
    if (number !== expected && !this.#jump(number, expected)) return expected;
    if (number < MEASURED && this.#isMeasuring) return number + 1; // of the warm-up; another port is ahead
    this.received++;
    this.#bytes += data.length;
    if (!isIntact(data, number, this.sizeBytes)) this.#corrupted++;
    return number + 1;
  }

  report(): void {
    sayResult({
      received: this.received,
      bytes: this.#bytes,
      missing: this.#missing,
      misordered: this.#misordered,
      corrupted: this.#corrupted,
      cpuUs: cpuUs() - this.#startedCpuUs,
      seconds: (performance.now() - this.#startedMs) / 1000,
    });
  }

  /** Returns whether `number` counts. */
  #jump(number: number, expected: number): boolean {
    if (number === END) {
      if (!this.isOver) this.#ended();
      this.isOver = true;
      return false;
    }
    let due = expected;
    if (number >= MEASURED && expected < MEASURED) {
      this.#start();
      due = MEASURED;
    }
    if (number < due) this.#misordered++;
    else this.#missing += number - due;
    return true;
  }

  #start(): void {
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    this.received = this.#bytes = this.#missing = this.#misordered = this.#corrupted = 0;
    this.#startedCpuUs = cpuUs();
    this.#startedMs = performance.now();
  }
}
