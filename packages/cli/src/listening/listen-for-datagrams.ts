import { whenAborted } from "@groupcast/base";
import type { Arrival, DatagramBatch, Destination, Membership, Protocol, Reactor, ScheduledCall, SocketAddress } from "groupcast";
import { readChannelPacket } from "../payload/channel-format.js";
import { wallClockNs } from "../wall-clock.js";
import { ListenCounts } from "./listen-counts.js";
import type { ListenReport } from "./listen-report.js";
import type { ListenTarget } from "./listen-target.js";
import { type Listener, type ListenerSettings, openListeners } from "./open-listeners.js";

/** A datagram, as it arrived. */
export interface ArrivedDatagram {
  /** Payload; valid during the call only. */
  readonly data: Buffer;
  /** Sender. */
  readonly from: SocketAddress;
  /** Destination: the group or the address it was sent to, as far as it is known, and the port. */
  readonly to: Destination;
  /** Interface, TTL, kernel time and drops, if the backend knows them. */
  readonly arrival: Arrival;
  /** Number of the listener that received it; `arrival` counts the drops of that listener. */
  readonly listener: number;
}

/** Plan of {@link listenForDatagrams}: destinations, and an end. */
export interface ListenPlan extends ListenerSettings {
  /** Destinations; at least one. */
  readonly targets: readonly ListenTarget[];
  /** Number of datagrams after which it ends. Default: no limit. */
  readonly count?: number | undefined;
  /** Time after which it ends, in milliseconds. Default: no limit. */
  readonly durationMs?: number | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called with each datagram. If it throws, listening ends and the promise rejects. Absent: datagrams are only counted, which is faster.
   */
  readonly onDatagram?: ((datagram: ArrivedDatagram) => void) | undefined;
  /** Called once, when it listens, with the memberships in the groups. */
  readonly onListening?: ((memberships: readonly Membership[]) => void) | undefined;
  /** Called about twice a second. */
  readonly onProgress?: ((report: ListenReport) => void) | undefined;
  /** Returns the wall clock in nanoseconds since 1970, for comparison with the kernel's times. Default: that of the system. */
  readonly nowNs?: (() => bigint) | undefined;
}

const PROGRESS_MS = 500;

/**
 * Listens for datagrams until the plan's end, and counts them.
 *
 * Joins groups on the given interface, else on all that carry multicast, now and later. Other programs may listen on the same port numbers;
 * they still receive their unicast.
 *
 * @throws (rejects) what `listenMulticast` and `joinGroup` throw, and what `onDatagram` throws.
 */
export async function listenForDatagrams(reactor: Reactor, plan: ListenPlan): Promise<ListenReport> {
  const run = new Listening(reactor, plan);
  try {
    run.start();
    await run.ended;
    return run.report();
  } finally {
    run.close();
  }
}

/** One run. */
class Listening {
  /** Settles when it has ended; rejects with what `onDatagram` threw. */
  readonly ended: Promise<void>;
  readonly #reactor: Reactor;
  readonly #plan: ListenPlan;
  readonly #counts: ListenCounts;
  #listeners: readonly Listener[] = [];
  readonly #stopWaiting: (() => void)[] = [];
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #left: number;
  #opened = 0;

  constructor(reactor: Reactor, plan: ListenPlan) {
    this.#reactor = reactor;
    this.#plan = plan;
    this.#left = plan.count ?? Number.POSITIVE_INFINITY;
    this.#counts = new ListenCounts(reactor.clock, plan.nowNs ?? wallClockNs);
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
  }

  start(): void {
    const { targets, onListening } = this.#plan;
    this.#listeners = openListeners(this.#reactor, targets, this.#plan, (target) => this.#protocolOf(target));
    this.#waitForEnd();
    onListening?.(this.#listeners.flatMap(({ port }) => port.memberships));
  }

  report(): ListenReport {
    return this.#counts.report(this.#listeners.map(({ port }) => port.statistics()));
  }

  close(): void {
    for (const stop of this.#stopWaiting) stop();
    for (const { port } of this.#listeners) port.stopNow();
  }

  #waitForEnd(): void {
    const { durationMs, onProgress, signal } = this.#plan;
    if (signal?.aborted) this.#end();
    this.#stopWaiting.push(whenAborted(signal, () => this.#end()));
    if (durationMs !== undefined) this.#after(durationMs, () => this.#end());
    if (onProgress !== undefined) this.#every(PROGRESS_MS, () => onProgress(this.report()));
  }

  #after(delayMs: number, call: () => void): void {
    const scheduled = this.#reactor.clock.schedule(delayMs, call);
    this.#stopWaiting.push(() => scheduled.cancel());
  }

  #every(intervalMs: number, call: () => void): void {
    let scheduled: ScheduledCall;
    const again = (): void => {
      scheduled = this.#reactor.clock.schedule(intervalMs, () => {
        again();
        this.#guard(call);
      });
    };
    again();
    this.#stopWaiting.push(() => scheduled.cancel());
  }

  #protocolOf(target: ListenTarget): Protocol {
    const { address = "", port } = target;
    const listener = this.#opened++;
    const { onDatagram } = this.#plan;
    const take = (batch: DatagramBatch, index: number, from: SocketAddress): void => {
      const arrival = batch.arrival(index);
      onDatagram?.({ data: batch.view(index), from, to: { address: arrival.destination ?? address, port }, arrival, listener });
    };
    return {
      datagramsReceived: (batch) => this.#guard(() => this.#takeBatch(batch, target, onDatagram && take)),
      logPrefix: () => "listening",
    };
  }

  /** Makes a call that may run code of the plan's: what it throws ends the run. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#left = 0;
      this.#fail(error);
    }
  }

  #takeBatch(
    batch: DatagramBatch,
    { port, channel }: ListenTarget,
    take: ((batch: DatagramBatch, index: number, from: SocketAddress) => void) | undefined,
  ): void {
    if (this.#left === 0) return;
    this.#counts.noteBatch(batch);
    for (let index = 0; index < batch.length && this.#left > 0; index++) {
      const bytes = batch.view(index);
      if (channel !== undefined && readChannelPacket(bytes)?.channel !== channel) this.#counts.noteOtherChannel();
      else {
        const from = batch.from(index);
        this.#counts.note(bytes, from, port);
        this.#left--;
        take?.(batch, index, from);
      }
    }
    if (this.#left === 0) this.#end();
  }
}
