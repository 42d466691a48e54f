// What tests straight on the waist need, whatever backend they run on: an observer that remembers, batches, and steps that fail loudly.
import type {
  Arrival,
  DatagramBatch,
  DatagramSocket,
  Outcome,
  PacketOrigin,
  ReadLimits,
  SendBatch,
  SocketAddress,
  SocketObserver,
} from "@groupcast/backend";

const DEADLINE_MS = 5_000;

/** Limits that no test reaches by accident. */
export const WIDE: ReadLimits = { maxPacketBytes: 65_535, maxDatagrams: 1_000, maxBytes: 100_000_000 };

/** One datagram, as it was delivered. */
export interface Received {
  readonly bytes: Buffer;
  readonly from: SocketAddress;
  readonly truncated: boolean;
  readonly arrival: Arrival;
}

/** Remembers what a socket tells, and lets a test wait for it. */
export class Recorder implements SocketObserver {
  readonly datagrams: Received[] = [];
  readonly batchLengths: number[] = [];
  readonly lost: { readonly errno: number; readonly peer: SocketAddress | undefined }[] = [];
  readonly failures: { readonly errno: number; readonly operation: string }[] = [];
  writableCount = 0;
  /** Called in the middle of each delivery, after the datagrams were remembered. */
  onReceived: (batch: DatagramBatch) => void = () => {};
  onSendFailed: () => void = () => {};
  readonly #waiters = new Set<() => void>();

  get texts(): string[] {
    return this.datagrams.map(({ bytes }) => bytes.toString());
  }

  received(batch: DatagramBatch): void {
    this.batchLengths.push(batch.length);
    for (let index = 0; index < batch.length; index++) {
      const [bytes, from, truncated, arrival] = [batch.copy(index), batch.from(index), batch.truncated(index), batch.arrival(index)];
      this.datagrams.push({ bytes, from, truncated, arrival });
    }
    this.onReceived(batch);
    this.#look();
  }

  writable(): void {
    this.writableCount += 1;
    this.#look();
  }

  sendFailed(errno: number, peer: SocketAddress | undefined): void {
    this.lost.push({ errno, peer });
    this.onSendFailed();
    this.#look();
  }

  failed(errno: number, operation: string): void {
    this.failures.push({ errno, operation });
    this.#look();
  }

  /** Waits for `count` datagrams in all. */
  arrivals(count: number): Promise<void> {
    return this.until(`${count} datagrams, not ${this.datagrams.length}`, () => this.datagrams.length >= count);
  }

  /** Waits for `count` lost datagrams in all. */
  losses(count: number): Promise<void> {
    return this.until(`${count} losses`, () => this.lost.length >= count);
  }

  until(what: string, isReached: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Waited ${DEADLINE_MS} ms in vain for ${what}`)), DEADLINE_MS);
      const look = (): void => {
        if (!isReached()) return;
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of this.#waiters) look();
  }
}

/** One datagram of a batch. */
export interface Outgoing {
  readonly bytes: string | Buffer;
  readonly to?: SocketAddress;
  readonly via?: PacketOrigin;
}

/** Puts datagrams back to back. */
export function batchOf(datagrams: readonly Outgoing[]): SendBatch {
  const parts = datagrams.map(({ bytes }) => (typeof bytes === "string" ? Buffer.from(bytes) : bytes));
  const offsets = new Int32Array(parts.length + 1);
  for (const [index, part] of parts.entries()) offsets[index + 1] = (offsets[index] as number) + part.length;
  return { bytes: Buffer.concat(parts), offsets, to: datagrams.map(({ to }) => to), via: datagrams.map(({ via }) => via) };
}

export function localOf(socket: DatagramSocket): SocketAddress {
  const local = socket.localAddress();
  if (typeof local === "number") throw new Error(`localAddress() returned ${local}`);
  return local;
}

/** Lets a step of preparation fail loudly. */
export function accepted(outcome: Outcome): void {
  if (outcome < 0) throw new Error(`a step of preparation was refused with ${outcome}`);
}
