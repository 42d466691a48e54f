/**
 * Emits the `message` events of a socket.
 *
 * Theory of operation: one wake-up brings up to 64 datagrams. Between two of them `node:dgram` lets the program's next ticks and promises run, so
 * that `await once(socket, "message")` in a loop misses none. Here {@link runTicks} does so. Replies that the program sends meanwhile leave
 * together, after the last datagram. A listener that throws is an uncaught exception, as in Node; the datagrams behind it come next.
 */
import { AsyncResource } from "node:async_hooks";
import type { BlockList } from "node:net";
import type { DatagramBatch } from "groupcast";
import type { RemoteInfo } from "./dgram-api.js";

/** Runs the next ticks and microtasks that wait, as Node does between two timers. Every Node since 0.9 has it. */
const runTicks = (process as unknown as { readonly _tickCallback: () => void })._tickCallback;

const FAMILY_NAMES = { 4: "IPv4", 6: "IPv6" } as const;
const BLOCK_LIST_NAMES = { 4: "ipv4", 6: "ipv6" } as const;

/** Receiver of a socket's datagrams. */
export interface Receiver {
  /** Emits `message`. */
  emit(event: "message", message: Buffer, rinfo: RemoteInfo): boolean;
}

/** A datagram that has been taken out of its batch. */
type Message = readonly [message: Buffer, rinfo: RemoteInfo];

/** Messages of one socket. */
export class Delivery {
  readonly #receiver: Receiver;
  readonly #blockList: BlockList | undefined;
  readonly #resource = new AsyncResource("UDPWRAP"); // messages come in the context that the socket was made in
  #isOpen = true;

  /** @param blockList - Senders whose datagrams are dropped. */
  constructor(receiver: Receiver, blockList: BlockList | undefined) {
    this.#receiver = receiver;
    this.#blockList = blockList;
  }

  /** Stops delivery, also in the middle of a batch. */
  close(): void {
    this.#isOpen = false;
  }

  /** Delivers a batch. Call from the event loop. */
  deliver(batch: DatagramBatch): void {
    let next = 0;
    try {
      while (next < batch.length && this.#isOpen) this.#emit(...messageAt(batch, next++));
    } catch (error) {
      const rest = Array.from({ length: batch.length - next }, (_, i) => messageAt(batch, next + i));
      process.nextTick(() => {
        throw error;
      });
      process.nextTick(() => this.#deliverEach(rest));
    }
  }

  /** Calls `emit` in the context of the socket. */
  run(emit: () => void): void {
    this.#resource.runInAsyncScope(emit);
  }

  #deliverEach(messages: readonly Message[]): void {
    let next = 0;
    try {
      while (next < messages.length && this.#isOpen) this.#emit(...messages[next++]!);
    } finally {
      if (next < messages.length && this.#isOpen) process.nextTick(() => this.#deliverEach(messages.slice(next)));
    }
  }

  #emit(message: Buffer, rinfo: RemoteInfo): void {
    if (this.#blockList?.check(rinfo.address, rinfo.family === "IPv4" ? BLOCK_LIST_NAMES[4] : BLOCK_LIST_NAMES[6])) return;
    this.#resource.runInAsyncScope(this.#receiver.emit, this.#receiver, "message", message, rinfo);
    runTicks();
  }
}

function messageAt(batch: DatagramBatch, index: number): Message {
  const { address, family, port } = batch.from(index);
  const view = batch.view(index);
  const message = Buffer.allocUnsafeSlow(view.length); // as in Node, `message.buffer` is this message and nothing else
  message.set(view);
  return [message, { address, family: FAMILY_NAMES[family], port, size: message.length }];
}
