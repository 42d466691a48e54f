import type { Clock, MulticastPort, PortStatistics, SendFailure } from "groupcast";

/** Fates of datagrams that were sent. */
export interface SendReport {
  /** Number that the network took. */
  readonly sent: number;
  /** Number of their payload bytes. */
  readonly sentBytes: number;
  /** Number that the network refused. */
  readonly failed: number;
  /** Number of reports that no socket listens there (ICMP port unreachable). A lower bound: hosts limit how many they send. */
  readonly refused: number;
  /** Map of refusal, such as `"ENETUNREACH"` → number of datagrams. */
  readonly failures: Readonly<Record<string, number>>;
  /** One error of each kind, for its message. */
  readonly errors: readonly Error[];
  /** Time from the first datagram to the last, in milliseconds. */
  readonly durationMs: number;
}

/** Counts from one moment of a port on. */
export class SendTally {
  readonly #port: MulticastPort;
  readonly #clock: Clock;
  readonly #before: PortStatistics;
  readonly #startMs: number;
  #endMs: number | undefined;
  readonly #failures: Record<string, number> = {};
  readonly #errors: Error[] = [];
  readonly #onFailure = ({ error }: SendFailure): void => {
    const kind = error.errnoName ?? error.code;
    if (this.#failures[kind] === undefined) this.#errors.push(error);
    this.#failures[kind] = (this.#failures[kind] ?? 0) + 1;
  };

  /** @param clock - Clock of the port's reactor. */
  constructor(port: MulticastPort, clock: Clock) {
    this.#port = port;
    this.#clock = clock;
    this.#before = port.statistics();
    this.#startMs = clock.nowMs();
    port.on("sendFailed", this.#onFailure);
  }

  /** Fixes the end of the time that the report tells. */
  end(): void {
    this.#endMs = this.#clock.nowMs();
  }

  /** Counts no further failures. */
  close(): void {
    this.#port.off("sendFailed", this.#onFailure);
  }

  /** Returns the fates of the datagrams so far. */
  report(): SendReport {
    const now = this.#port.statistics();
    return {
      sent: now.sent - this.#before.sent,
      sentBytes: now.sentBytes - this.#before.sentBytes,
      failed: now.sendFailed + now.dropped - this.#before.sendFailed - this.#before.dropped,
      refused: now.refused - this.#before.refused,
      failures: { ...this.#failures },
      errors: [...this.#errors],
      durationMs: Math.round((this.#endMs ?? this.#clock.nowMs()) - this.#startMs),
    };
  }
}
