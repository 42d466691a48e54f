import { cpuUs, destinations, numberArgument, sayResult } from "./arguments.js";
import { MEASURED } from "./numbering.js";

/** Datagrams of a burst, unless the argument `burst=` says otherwise. */
export const BURST_DATAGRAMS = 64;

type Destination = ReturnType<typeof destinations>[number];

/** Bursts to send: first uncounted, while both programs warm up, then counted. */
export class Bursts {
  readonly sizeBytes: number = numberArgument("size", 64);
  readonly burstDatagrams: number = numberArgument("burst", BURST_DATAGRAMS);
  readonly to: readonly Destination[] = destinations();
  readonly #measuredMs = numberArgument("seconds", 1) * 1000;
  readonly #numbers: number[] = [];
  #next = 0;
  #sent = 0;
  /** Datagrams of which the program was told that they were refused. */
  refused = 0;
  #startedMs = 0;
  #endMs = 0;
  #startedCpuUs = 0;

  constructor() {
    this.#begin(0, numberArgument("warm", 0.5) * 1000);
  }

  /** The only unicast peer, which programs connect to; undefined with several peers or a group. */
  get onlyPeer(): Destination | undefined {
    return this.to.length === 1 && !this.isMulticast ? this.to[0] : undefined;
  }

  get isMulticast(): boolean {
    return this.to[0]!.address.startsWith("239.");
  }

  /** Calls `send` with the number and the destination of each datagram of a burst. */
  send(send: (number: number, to: Destination, index: number) => void): void {
    for (let i = 0; i < this.burstDatagrams; i++) {
      const at = this.#next;
      this.#next = (at + 1) % this.to.length;
      send(this.#numbers[at]!, this.to[at]!, i);
      this.#numbers[at] = this.#numbers[at]! + 1;
    }
    this.#sent += this.burstDatagrams;
  }

  /** Returns whether there is more to send; reports the result when there is not. */
  goesOn(): boolean {
    if (performance.now() < this.#endMs) return true;
    if (this.#numbers[0]! < MEASURED) {
      this.#begin(MEASURED, this.#measuredMs);
      return true;
    }
    sayResult({
      sent: this.#sent,
      refused: this.refused,
      cpuUs: cpuUs() - this.#startedCpuUs,
      seconds: (performance.now() - this.#startedMs) / 1000,
    });
    return false;
  }

  #begin(first: number, durationMs: number): void {
    this.#numbers.length = 0;
    for (const _ of this.to) this.#numbers.push(first);
    this.#sent = 0;
    this.refused = 0;
    this.#startedCpuUs = cpuUs();
    this.#startedMs = performance.now();
    this.#endMs = this.#startedMs + durationMs;
  }
}
