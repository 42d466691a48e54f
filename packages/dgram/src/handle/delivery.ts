/**
 * Emits the `message` events of a socket.
 *
 * Theory of operation: one wake-up brings up to 64 datagrams. They are delivered from a tick, one after another; after each, the ticks and
 * promises that it has set off run, as in Node, so that `await once(socket, "message")` in a loop misses none. What the program sends
 * meanwhile leaves together, behind the last message. A listener that throws is an uncaught exception, as in Node: nothing here catches.
 * The datagrams behind it come in another tick.
 */
import { AsyncResource } from "node:async_hooks";
import type { BlockList } from "node:net";
import type { DatagramBatch } from "groupcast";
import type { RemoteInfo } from "../dgram-api.js";

/** Runs the ticks and microtasks that wait, as Node does between two timers. Not below a `catch`: Node must see what they throw. */
const runTicks = (process as unknown as { readonly _tickCallback: () => void })._tickCallback;

const FAMILY_NAMES = { 4: "IPv4", 6: "IPv6" } as const;
const BLOCK_LIST_NAMES = { IPv4: "ipv4", IPv6: "ipv6" } as const;

/** A socket, as its messages need it. */
export interface Recipient {
  /** Emits an event. */
  emit(event: "message", message: Buffer, rinfo: RemoteInfo): boolean;
}

/** Calls that enclose the delivery of several messages. */
export interface Enclosure {
  /** Called before the first one. */
  hold(): void;
  /** Called after the last one. */
  release(): void;
}

/** Messages of one socket. */
export class Delivery {
  readonly #recipient: Recipient;
  readonly #blockList: BlockList | undefined;
  readonly #resource = new AsyncResource("UDPWRAP"); // messages come in the context that the socket was made in
  readonly #enclosure: Enclosure;
  readonly #deliver = (): void => this.#deliverAll();
  #messages: Buffer[] = [];
  #senders: RemoteInfo[] = [];
  #isOpen = true;

  /** @param blockList - Senders whose datagrams are dropped. */
  constructor(recipient: Recipient, enclosure: Enclosure, blockList: BlockList | undefined) {
    this.#recipient = recipient;
    this.#enclosure = enclosure;
    this.#blockList = blockList;
  }

  /** Delivers a batch, from a tick. */
  add(batch: DatagramBatch): void {
    if (this.#messages.length === 0) process.nextTick(this.#deliver);
    for (let i = 0; i < batch.length; i++) {
      const { address, family, port } = batch.from(i);
      const view = batch.view(i);
      const message = Buffer.allocUnsafeSlow(view.length); // as in Node, `message.buffer` is this message and nothing else
      message.set(view);
      this.#messages.push(message);
      this.#senders.push({ address, family: FAMILY_NAMES[family], port, size: message.length });
    }
  }

  /** Emits another event in the context of the messages, from a tick. */
  addEvent(emit: () => void): void {
    process.nextTick(() => this.#resource.runInAsyncScope(emit));
  }

  /** Stops delivery, also in the middle of a batch. */
  close(): void {
    this.#isOpen = false;
  }

  #deliverAll(): void {
    if (!this.#isOpen) return;
    const [messages, senders] = [this.#messages, this.#senders];
    let next = 0;
    this.#enclosure.hold();
    try {
      while (next < messages.length && this.#isOpen) this.#emit(messages[next]!, senders[next++]!);
    } finally {
      this.#enclosure.release();
      this.#messages = messages.slice(next);
      this.#senders = senders.slice(next);
      if (next < messages.length && this.#isOpen) process.nextTick(this.#deliver);
    }
  }

  #emit(message: Buffer, rinfo: RemoteInfo): void {
    if (this.#blockList?.check(rinfo.address, BLOCK_LIST_NAMES[rinfo.family])) return;
    this.#resource.runInAsyncScope(this.#recipient.emit, this.#recipient, "message", message, rinfo);
    runTicks();
  }
}
