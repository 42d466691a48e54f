import type { Socket } from "node:dgram";
import { type Outcome, type SendBatch, type SendFate, type SocketAddress, type SocketObserver, socketAddress } from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { unsupportedOperation } from "./dgram-capabilities.js";
import { errnoOfError } from "./errno-of-error.js";

/**
 * Sends on one bound socket.
 *
 * libuv tries each datagram at once and queues it, without limit, when the kernel's buffer is full. The writer takes no further datagram
 * once one is queued: the next `send` answers `-EAGAIN` until the queue is empty.
 */
export class DgramWriter {
  /** Peer that the socket is connected to. */
  peer: SocketAddress | undefined;
  readonly #socket: Socket;
  readonly #observer: SocketObserver;
  #isAwaited = false; // a call was answered with -EAGAIN
  #isClosed = false;
  #isLingering = false; // closed, but libuv still holds a datagram

  constructor(socket: Socket, observer: SocketObserver) {
    this.#socket = socket;
    this.#observer = observer;
  }

  send(batch: SendBatch, from: number, to: number): Outcome {
    for (let index = from; index < to; index++) if (batch.via[index] !== undefined) throw unsupportedOperation("send", "sendPacketInfo");
    if (this.#isFull()) {
      this.#isAwaited = true;
      return ERRNO.EAGAIN;
    }
    const start = batch.offsets[from]!;
    const bytes = Buffer.from(batch.bytes.subarray(start, batch.offsets[to])); // libuv keeps pointers to what it queues
    for (let index = from; index < to; index++) {
      const datagram = bytes.subarray(batch.offsets[index]! - start, batch.offsets[index + 1]! - start);
      const refusal = this.#sendOne(datagram, batch, index);
      if (refusal < 0) return index > from ? index - from : refusal;
      if (this.#isFull()) return index + 1 - from;
    }
    return to - from;
  }

  /** Closes the socket: at once, or when the datagram that libuv has queued has left. */
  close(): void {
    this.#isClosed = true;
    this.#isLingering = this.#isFull();
    if (!this.#isLingering) this.#socket.close();
  }

  #sendOne(datagram: Buffer, batch: SendBatch, index: number): Outcome {
    const to = batch.to[index];
    if (this.peer === undefined) {
      if (to === undefined) return ERRNO.EDESTADDRREQ;
      this.#socket.send(datagram, to.port, to.address, this.#callbackFor(batch.fates?.[index]));
      return 0;
    }
    // A connected dgram socket takes no destination at all, where Linux takes any (sendto(2)).
    if (to !== undefined && (to.port !== this.peer.port || to.address !== this.peer.address)) return ERRNO.EISCONN;
    this.#socket.send(datagram, this.#callbackFor(batch.fates?.[index]));
    return 0;
  }

  /** dgram reports the fate of a datagram later, even of one that the OS has refused at once. */
  #callbackFor(fate: SendFate | undefined): (error: Error | null) => void {
    if (fate === undefined) return this.#sent;
    const settle = fate.postpone();
    return (error) => {
      settle(error === null ? 0 : (errnoOfError(error) ?? ERRNO.UNKNOWN));
      this.#sent(null);
    };
  }

  readonly #sent = (error: Error | null): void => {
    if (this.#isClosed) this.#closeWhenEmpty();
    else this.#settled(error);
  };

  #settled(error: Error | null): void {
    if (error !== null) this.#reportLost(error);
    if (!this.#isAwaited || this.#isClosed || this.#isFull()) return;
    this.#isAwaited = false;
    this.#observer.writable();
  }

  #reportLost(error: Error): void {
    const { address, port } = error as Error & { readonly address?: string; readonly port?: number };
    const peer = address === undefined || port === undefined ? this.peer : socketAddress(address, port);
    this.#observer.sendFailed(errnoOfError(error) ?? ERRNO.UNKNOWN, peer);
  }

  #closeWhenEmpty(): void {
    if (!this.#isLingering || this.#isFull()) return;
    this.#isLingering = false;
    this.#socket.close();
  }

  #isFull(): boolean {
    return this.#socket.getSendQueueCount() > 0;
  }
}
