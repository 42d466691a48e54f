// Sockets and an observer for tests straight on the waist: what arrives is kept, and can be waited for until a deadline.
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type DatagramBatch,
  type DatagramSocket,
  type Family,
  type Outcome,
  type ReadLimits,
  type SendBatch,
  type SocketAddress,
  type SocketObserver,
  socketAddress,
} from "@groupcast/backend";
import { DgramBackend, type DgramSocket } from "@groupcast/backend-dgram";

const DEADLINE_MS = 5_000;

/** No limit that matters. */
export const WIDE: ReadLimits = { maxPacketBytes: 65_535, maxDatagrams: 1_000, maxBytes: 100_000_000 };

/** One datagram, as it was delivered. */
export interface Received {
  readonly bytes: Buffer;
  readonly from: SocketAddress;
  readonly truncated: boolean;
}

/** A datagram that was taken and lost. */
export interface Lost {
  readonly errno: number;
  readonly peer: SocketAddress | undefined;
}

export class Recorder implements SocketObserver {
  readonly datagrams: Received[] = [];
  readonly lost: Lost[] = [];
  readonly failures: { readonly errno: number; readonly operation: string }[] = [];
  writableCount = 0;
  /** Called after each datagram was kept. */
  onReceived: (batch: DatagramBatch) => void = () => {};
  readonly #waiters = new Set<() => void>();

  get texts(): string[] {
    return this.datagrams.map(({ bytes }) => bytes.toString());
  }

  received(batch: DatagramBatch): void {
    for (let index = 0; index < batch.length; index++) {
      this.datagrams.push({ bytes: batch.copy(index), from: batch.from(index), truncated: batch.truncated(index) });
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
    this.#look();
  }

  failed(errno: number, operation: string): void {
    this.failures.push({ errno, operation });
    this.#look();
  }

  /** Waits for `count` datagrams. */
  arrivals(count: number): Promise<void> {
    return this.until(`${count} datagrams`, () => this.datagrams.length >= count);
  }

  until(what: string, isReached: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Waited ${DEADLINE_MS} ms in vain: ${what}; arrived: ${this.texts}`)), DEADLINE_MS);
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

/** A socket and who listens to it. */
export interface End {
  readonly socket: DgramSocket;
  readonly seen: Recorder;
}

/** Opens sockets on one backend, and closes all of them at the end of the test. */
export class Bench implements Disposable {
  readonly backend: DgramBackend = new DgramBackend();
  readonly #sockets: DgramSocket[] = [];

  open(family: Family = 4): End {
    const seen = new Recorder();
    const socket = this.backend.openSocket(family, seen);
    this.#sockets.push(socket);
    return { socket, seen };
  }

  /** Opens, binds to a free port of `address`, and reads. */
  listen(address = "127.0.0.1"): End & { readonly local: SocketAddress } {
    const { socket, seen } = this.open(address.includes(":") ? 6 : 4);
    accepted(socket.bind(socketAddress(address, 0)));
    accepted(socket.startReading(WIDE));
    return { socket, seen, local: localOf(socket) };
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close();
  }
}

/** A batch of datagrams to one peer; to the connected one where none is given. */
export function batchOf(datagrams: readonly (string | Buffer)[], to?: SocketAddress): SendBatch {
  const parts = datagrams.map((datagram) => Buffer.from(datagram as string));
  const offsets = new Int32Array(parts.length + 1);
  for (const [index, part] of parts.entries()) offsets[index + 1] = (offsets[index] as number) + part.length;
  return { bytes: Buffer.concat(parts), offsets, to: parts.map(() => to), via: parts.map(() => undefined) };
}

/** Sends one datagram. */
export function sendOne(socket: DatagramSocket, datagram: string | Buffer, to?: SocketAddress): Outcome {
  return socket.send(batchOf([datagram], to), 0, 1);
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

/**
 * Waits until everything this end has sent has been handed to whom it went to.
 *
 * The fence, to itself, was sent last: when it is seen, the others are in the kernel, and the same poll of the event loop sees them.
 */
export async function settle({ socket, seen }: End): Promise<void> {
  const count = seen.datagrams.length + 1;
  accepted(sendOne(socket, "fence", localOf(socket)));
  await seen.arrivals(count);
  await nextTurn();
}
