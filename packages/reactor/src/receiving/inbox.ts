/**
 * Hands the datagrams of a port to its protocol.
 *
 * Theory of operation: *open*, *paused* or *closed*. Only an open inbox delivers. When the protocol pauses the port in the middle of a
 * batch, the rest is kept and comes first after resuming; when it stops the port, the rest is counted as discarded. The state is
 * checked before each datagram, so stop means stop. A datagram that cannot be read,
 * because the protocol has detached the memory that it lies in, is counted as discarded, and those after it are delivered.
 */

import type { DatagramBatch } from "@groupcast/backend";
import { callGuarded, watchRejection } from "@groupcast/base";
import type { Protocol } from "../datagram-protocol.js";
import type { PortStatistics } from "../port-statistics.js";
import { HeldBatch } from "./held-batch.js";

/** Inbox of one port. */
export class Inbox {
  readonly #protocol: Protocol;
  readonly #statistics: PortStatistics;
  readonly #wantsArrival: boolean;
  readonly #protocolThrew: (error: unknown) => void;
  #state: "open" | "paused" | "closed" = "open";
  #held: HeldBatch | undefined;

  /** @param wantsArrival - Whether datagramReceived gets a third argument. @param protocolThrew - Receives errors of the protocol. */
  constructor(protocol: Protocol, statistics: PortStatistics, wantsArrival: boolean, protocolThrew: (error: unknown) => void) {
    this.#protocol = protocol;
    this.#statistics = statistics;
    this.#wantsArrival = wantsArrival;
    this.#protocolThrew = protocolThrew;
  }

  /** Whether delivery is paused. */
  get isPaused(): boolean {
    return this.#state === "paused";
  }

  /** Delivers `batch`, keeps it while paused, or discards it once closed. */
  deliver(batch: DatagramBatch): void {
    if (this.#takesBatches()) this.#deliverWhole(batch);
    else this.#deliverEach(batch);
  }

  /** Stops delivery, also in the middle of a batch. */
  pause(): void {
    if (this.#state === "open") this.#state = "paused";
  }

  /** Delivers the datagrams kept, then those that arrive. Call from the event loop. */
  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "open";
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    this.deliver(held);
    held.end();
  }

  /** Stops delivery for good. */
  close(): void {
    this.#state = "closed";
    this.#statistics.discarded += this.#held?.length ?? 0;
    this.#held = undefined;
  }

  /** A getter may throw; delivering asks it again, in a guard that reports what it throws. */
  #takesBatches(): boolean {
    try {
      return this.#protocol.datagramsReceived !== undefined;
    } catch {
      return true;
    }
  }

  #deliverEach(batch: DatagramBatch): void {
    const { length } = batch;
    for (let i = 0; i < length; i++) {
      if (this.#state !== "open") {
        this.#setAside(batch, i);
        return;
      }
      this.#deliverOne(batch, i);
    }
  }

  #deliverOne(batch: DatagramBatch, index: number): void {
    let isRead = false;
    try {
      const bytes = batch.copy(index);
      const from = batch.from(index);
      const arrival = this.#wantsArrival ? batch.arrival(index) : undefined;
      isRead = true;
      this.#statistics.received++;
      this.#statistics.receivedBytes += bytes.length;
      if (batch.truncated(index)) this.#statistics.truncated++;
      const pending =
        arrival === undefined ? this.#protocol.datagramReceived?.(bytes, from) : this.#protocol.datagramReceived?.(bytes, from, arrival);
      if (pending !== undefined) watchRejection(pending, this.#protocolThrew);
    } catch (error) {
      if (isRead) this.#protocolThrew(error);
      else this.#unreadable(error);
    }
  }

  #deliverWhole(batch: DatagramBatch): void {
    if (this.#state !== "open") {
      this.#setAside(batch, 0);
      return;
    }
    for (let i = 0; i < batch.length; i++) {
      this.#statistics.receivedBytes += batch.lengthBytes(i);
      if (batch.truncated(i)) this.#statistics.truncated++;
    }
    this.#statistics.received += batch.length;
    callGuarded(() => this.#protocol.datagramsReceived!(batch), this.#protocolThrew);
  }

  #setAside(batch: DatagramBatch, start: number): void {
    if (this.#state === "closed") this.#statistics.discarded += batch.length - start;
    else {
      this.#held ??= new HeldBatch();
      this.#held.keep(batch, start, this.#unreadable);
    }
  }

  readonly #unreadable = (error: unknown): void => {
    this.#statistics.discarded++;
    this.#protocolThrew(error);
  };
}
