import { parentPort } from "node:worker_threads";
import { END, MEASURED, numberOf } from "./numbering.js";
import type { WorkerMessage } from "./workers.js";

const END_WAIT_MS = 100; // END comes from each sender, several times

/** Counts what one worker receives, from many senders. */
export class WorkerCount {
  #received = 0;
  #bytes = 0;
  #hasEnded = false;
  readonly #ended: () => void;

  constructor(ended: () => void) {
    this.#ended = ended;
  }

  bound(port: number): void {
    tell({ bound: port });
  }

  count(data: Buffer): void {
    const number = numberOf(data);
    if (number < MEASURED) return;
    if (number === END) {
      this.#end();
      return;
    }
    if (this.#received++ === 0) tell({ begun: true });
    this.#bytes += data.length;
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    setTimeout(() => {
      tell({ received: this.#received, bytes: this.#bytes });
      this.#ended();
    }, END_WAIT_MS);
  }
}

function tell(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}
