import { bytesLength, checkInteger, isUint8Array } from "@groupcast/base";
import { Queue } from "../order/queue.js";
import type { ChannelMessage } from "./channel-message.js";

const DEFAULT_CAPACITY = 256;
const MAX_CAPACITY = 1 << 20;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** One message for a subscriber. */
export type Item<Out> = [data: Out, message: ChannelMessage];

/** Messages that wait for a reader. Their number and their length are bounded; what is too much discards the oldest. */
export class WaitingMessages<Out> {
  readonly #capacity: number;
  readonly #discarded: () => void;
  readonly #waiting = new Queue<{ readonly item: Item<Out>; readonly lengthBytes: number }>();
  #waitingBytes = 0;
  #dropped = 0;

  /** @param discarded - Called for each message that is discarded. */
  constructor(capacity: number, discarded: () => void) {
    this.#capacity = capacity;
    this.#discarded = discarded;
  }

  /** Number of messages that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Number of messages that were discarded. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds a message that arrived as `lengthBytes`. */
  push([data, message]: Item<Out>, lengthBytes: number): void {
    const isLong = this.#waiting.length >= DEFAULT_CAPACITY;
    this.#waiting.push({ item: [isLong ? inOwnMemory(data) : data, message], lengthBytes });
    this.#waitingBytes += lengthBytes;
    while (this.#waiting.length > this.#capacity || this.#waitingBytes > MAX_WAITING_BYTES) this.#discardOldest();
  }

  /** Takes the oldest; undefined when none waits. */
  shift(): Item<Out> | undefined {
    const oldest = this.#waiting.shift();
    this.#waitingBytes -= oldest?.lengthBytes ?? 0;
    return oldest?.item;
  }

  /** Discards every message, and counts them. */
  discardAll(): void {
    while (this.#waiting.length > 0) this.#discardOldest();
  }

  /** Forgets every message; nobody missed them. */
  clear(): void {
    this.#waiting.clear();
    this.#waitingBytes = 0;
  }

  #discardOldest(): void {
    this.shift();
    this.#dropped++;
    this.#discarded();
  }
}

/** Returns bytes in memory of their own: a view keeps the whole chunk alive that it came in, which may be 64 KiB. Other values stay. */
function inOwnMemory<Out>(data: Out): Out {
  if (!Buffer.isBuffer(data) || !isUint8Array(data)) return data;
  const copy = Buffer.allocUnsafeSlow(bytesLength(data));
  copy.set(data);
  return copy as Out;
}

/** Checks a capacity, in messages. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`. */
export function checkCapacity(operation: string, capacity: number = DEFAULT_CAPACITY, least = 1): number {
  return checkInteger(operation, "capacity", capacity, [least, MAX_CAPACITY]);
}
