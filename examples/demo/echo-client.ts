import { createHistogram } from "node:perf_hooks";
import { DatagramProtocol, type Destination } from "groupcast";
import type { Course } from "./course.js";

const WINDOW_DATAGRAMS = 32;
const WINDOW_BYTES = 65_536; // with the kernel's bookkeeping this fits the smallest default receive buffer (net.core.rmem_default)
const PATIENCE_MS = 2000; // loopback answers within a millisecond; a datagram that has not is lost

/** What came of a course. */
export class Outcome {
  readonly roundTrips = createHistogram(); // nanoseconds
  sent = 0;
  echoed = 0;

  get lost(): number {
    return this.sent - this.echoed;
  }

  columns(): string[] {
    const inMs = (percentile: number): string => `${(this.roundTrips.percentile(percentile) / 1e6).toFixed(3)} ms`;
    return [String(this.sent), String(this.echoed), String(this.lost), inMs(50), inMs(99)];
  }
}

/** Sends a course to an echo server, a window at a time, and compares what comes back, byte by byte. */
export class EchoClient extends DatagramProtocol {
  readonly done: Promise<Outcome>;
  readonly #server: Destination;
  readonly #course: Course;
  readonly #outcome = new Outcome();
  readonly #waiting: { readonly bytes: Buffer; readonly sentAt: number }[] = [];
  #waitingBytes = 0;
  #finish!: (outcome: Outcome) => void;
  #patience: NodeJS.Timeout | undefined;

  constructor(server: Destination, course: Course) {
    super();
    this.#server = server;
    this.#course = course;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  override startProtocol(): void {
    this.#patience = setTimeout(() => this.#end(), PATIENCE_MS); // the rest of the course would not tell more
    this.#sendWindow();
  }

  override datagramReceived(data: Buffer): void {
    const awaited = this.#waiting.shift(); // one sender, one receiver, one host: UDP keeps their order on loopback
    if (awaited === undefined) return;
    this.#waitingBytes -= awaited.bytes.length;
    if (data.equals(awaited.bytes)) {
      this.#outcome.echoed++;
      this.#outcome.roundTrips.record(Math.max(1, Math.round((performance.now() - awaited.sentAt) * 1e6)));
    }
    this.#patience?.refresh();
    this.#sendWindow();
  }

  #sendWindow(): void {
    while (this.#outcome.sent < this.#course.count && this.#hasRoom()) {
      const bytes = this.#course.datagram(this.#outcome.sent++);
      this.#waiting.push({ bytes, sentAt: performance.now() });
      this.#waitingBytes += bytes.length;
      this.transport.write(bytes, this.#server);
    }
    if (this.#waiting.length === 0) this.#end();
  }

  #hasRoom(): boolean {
    const next = this.#course.datagram(this.#outcome.sent).length;
    return this.#waiting.length === 0 || (this.#waiting.length < WINDOW_DATAGRAMS && this.#waitingBytes + next <= WINDOW_BYTES);
  }

  #end(): void {
    clearTimeout(this.#patience);
    this.#finish(this.#outcome);
  }
}
