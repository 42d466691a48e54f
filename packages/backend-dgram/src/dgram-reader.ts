import type { RemoteInfo, Socket } from "node:dgram";
import type { ReadLimits, SocketObserver } from "@groupcast/backend";
import { answerOf } from "./errno-of-error.js";
import { HeldDatagrams } from "./held-datagrams.js";
import { KnownPeers } from "./known-peers.js";
import { SingleBatch } from "./single-batch.js";

/**
 * Hands the datagrams of one socket to its observer, while reading is on.
 *
 * dgram reads from bind to close and cannot pause. While reading is off, the reader holds what arrives, as the kernel would; it drops and
 * counts what does not fit. libuv chooses how many datagrams one wake-up delivers: 32 at most.
 */
export class DgramReader {
  readonly #observer: SocketObserver;
  readonly #batch = new SingleBatch();
  readonly #peers = new KnownPeers();
  readonly #held = new HeldDatagrams();
  #socket: Socket | undefined;
  #limits: ReadLimits | undefined; // undefined while reading is off
  #nextTurn: NodeJS.Immediate | undefined;
  #heldLimitBytes = 0;
  #droppedCount = 0;

  constructor(observer: SocketObserver) {
    this.#observer = observer;
  }

  /** Number of datagrams that arrived while reading was off and did not fit. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  attach(socket: Socket): void {
    this.#socket = socket;
    socket.on("message", this.#arrived);
  }

  start(limits: ReadLimits): void {
    this.#limits = limits;
    if (this.#held.length > 0) this.#nextTurn ??= setImmediate(this.#deliverHeld);
  }

  stop(): void {
    this.#limits = undefined;
    clearImmediate(this.#nextTurn);
    this.#nextTurn = undefined;
  }

  /** Releases the socket, and drops the datagrams it holds. */
  detach(): void {
    this.#socket?.off("message", this.#arrived);
    this.#socket = undefined;
    this.#held.clear();
  }

  readonly #arrived = (bytes: Buffer, { address, port }: RemoteInfo): void => {
    const limits = this.#limits;
    if (limits === undefined || this.#held.length > 0) this.#hold(bytes, address, port);
    else this.#deliver(bytes, { address, port }, limits);
  };

  #hold(bytes: Buffer, address: string, port: number): void {
    if (this.#held.length === 0) this.#heldLimitBytes = answerOf(() => this.#socket?.getRecvBufferSize() ?? 0);
    if (!this.#held.add({ bytes, address, port }, this.#heldLimitBytes)) this.#droppedCount += 1;
  }

  #deliver(bytes: Buffer, from: { readonly address: string; readonly port: number }, limits: ReadLimits): void {
    const peer = this.#peers.find(from.address, from.port);
    this.#observer.received(this.#batch.hold(bytes, peer, limits.maxPacketBytes));
    this.#batch.release();
  }

  /** Delivers one wake-up's worth of held datagrams. The observer may stop reading, or close, in the middle of it. */
  readonly #deliverHeld = (): void => {
    this.#nextTurn = undefined;
    let datagrams = 0;
    let bytes = 0;
    for (let limits = this.#limits; limits !== undefined; limits = this.#limits) {
      if (datagrams >= limits.maxDatagrams || bytes >= limits.maxBytes) break;
      const next = this.#held.take();
      if (next === undefined) return;
      datagrams += 1;
      bytes += next.bytes.length;
      this.#deliver(next.bytes, next, limits);
    }
    if (this.#limits !== undefined && this.#held.length > 0) this.#nextTurn ??= setImmediate(this.#deliverHeld);
  };
}
