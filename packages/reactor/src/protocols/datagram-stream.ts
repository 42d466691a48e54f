/**
 * A protocol that is read: `for await` over the datagrams of a port.
 *
 * Theory of operation: datagrams that nobody waits for are kept, up to a bound. At the bound the port is paused, and read on when half of
 * them are taken; meanwhile datagrams wait in the kernel, and the kernel counts those that do not fit. That pause is the stream's own: one
 * by the user neither ends it nor ends with it. Readers are served in the order in which they asked, whichever iterator they asked
 * through; each datagram goes to one of them.
 */
import type { Arrival, SocketAddress } from "@groupcast/backend";
import { checkInteger, checkOptions } from "@groupcast/base";
import { DatagramProtocol, insidesOf } from "../datagram-protocol.js";

const DEFAULT_MAX_DATAGRAMS = 1024;
const LARGEST_MAX_DATAGRAMS = 1 << 20; // a typing slip must not look like a bound

/** Options of a {@link DatagramStream}. */
export interface DatagramStreamOptions {
  /** Number of datagrams that wait for a reader before the port is paused, 1 … 1,048,576. Default: 1,024. */
  readonly maxDatagrams?: number | undefined;
}

/** A datagram that has arrived. */
export interface ReceivedDatagram {
  /** Payload, 0 … 65,527 bytes; it belongs to the reader. */
  readonly data: Buffer;
  /** Sender; frozen, and shared by all datagrams of that sender. */
  readonly from: SocketAddress;
  /** Destination, interface, TTL and time; undefined on a port opened without `arrival: true`. */
  readonly arrival: Arrival | undefined;
}

type Result = IteratorResult<ReceivedDatagram, undefined>;

/** A call of next() that waits for a datagram. */
interface Reader {
  readonly iterator: object;
  readonly resolve: (result: Result) => void;
}

/**
 * The datagrams of one port, for `for await`. Give it to `listen…` in place of a protocol.
 *
 * Iteration ends when the port has stopped and all kept datagrams are read. It never throws: no failure of the network ends a port.
 * Leaving the loop stops nothing; datagrams are kept for the next loop. Loops that run at the same time share the datagrams.
 *
 * Bounded by {@link DatagramStreamOptions.maxDatagrams}, and by one batch of at most 64 in the port. While it is full the port is paused, so
 * nothing is lost but what the kernel has no room for; `statistics().kernelDrops` counts that. `resumeReading()` reads no further while the
 * stream is full, and a port that the program has paused stays so when the stream has room.
 *
 * @example
 * ```ts
 * import { DatagramStream, Reactor } from "groupcast";
 *
 * const inbox = new DatagramStream({ maxDatagrams: 1024 });
 * const port = new Reactor().listenUDP(9999, inbox);
 * for await (const { data, from } of inbox) {
 *   port.write(data, from);
 * }
 * ```
 */
export class DatagramStream extends DatagramProtocol implements AsyncIterable<ReceivedDatagram, undefined> {
  readonly #maxDatagrams: number;
  #added: ReceivedDatagram[] = [];
  #next: ReceivedDatagram[] = []; // those to read first, in reverse: both ends of the queue are ends of an array
  #readers: Reader[] = [];
  #hasEnded = false;
  #isFull = false;

  /** Makes a stream for one port at a time. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`, `ERR_OPTION_UNKNOWN`. */
  constructor(options?: DatagramStreamOptions) {
    super();
    const { maxDatagrams = DEFAULT_MAX_DATAGRAMS } = checkOptions<DatagramStreamOptions>("DatagramStream", options, ["maxDatagrams"]);
    this.#maxDatagrams = checkInteger("DatagramStream", "maxDatagrams", maxDatagrams, [1, LARGEST_MAX_DATAGRAMS]);
  }

  /** Number of datagrams that wait for a reader. */
  get length(): number {
    return this.#added.length + this.#next.length;
  }

  /** Begins a new iteration; datagrams of an earlier port that are not read yet come first. */
  override startProtocol(): void {
    this.#hasEnded = this.#isFull = false;
    this.#pauseIfFull();
  }

  /** Hands the datagram to the first reader that waits, or keeps it. */
  override datagramReceived(data: Buffer, from: SocketAddress, arrival?: Arrival): void {
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ value: { data, from, arrival }, done: false });
      return;
    }
    this.#added.push({ data, from, arrival });
    this.#pauseIfFull();
  }

  /** Ends the iteration for readers that wait. */
  override stopProtocol(): void {
    this.#hasEnded = true;
    for (const { resolve } of this.#readers.splice(0)) resolve({ value: undefined, done: true });
  }

  /** Returns an iterator of the datagrams; any number may be in use. Its `return()` ends that iterator only. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ReceivedDatagram, undefined> {
    let hasReturned = false;
    const iterator: AsyncIterableIterator<ReceivedDatagram, undefined> = {
      next: () => (hasReturned ? Promise.resolve({ value: undefined, done: true }) : this.#read(iterator)),
      return: () => {
        hasReturned = true;
        return Promise.resolve(this.#release(iterator));
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  #read(iterator: object): Promise<Result> {
    const value = this.#take();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#hasEnded) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#readers.push({ iterator, resolve }));
  }

  /** Ends the calls of next() that wait in `iterator`. */
  #release(iterator: object): Result {
    const done: Result = { value: undefined, done: true };
    const released = this.#readers.filter((reader) => reader.iterator === iterator);
    this.#readers = this.#readers.filter((reader) => reader.iterator !== iterator);
    for (const { resolve } of released) resolve(done);
    return done;
  }

  #take(): ReceivedDatagram | undefined {
    if (this.#next.length === 0) {
      this.#next = this.#added.reverse();
      this.#added = [];
    }
    const datagram = this.#next.pop();
    if (this.#isFull && this.length <= this.#maxDatagrams / 2) this.#readOn();
    return datagram;
  }

  #pauseIfFull(): void {
    if (this.#isFull || this.length < this.#maxDatagrams) return;
    this.#isFull = true;
    insidesOf(this, "pauseReading").pause();
  }

  #readOn(): void {
    this.#isFull = false;
    try {
      insidesOf(this, "resumeReading").resume();
    } catch {
      // ERR_NOT_LISTENING: the port has stopped, and reads no more
    }
  }
}
