/**
 * Messages between `publish()` and the transport.
 *
 * Theory of operation: a message that is too long is split, each part is sealed if the channel is sealed, and each leaves as one packet.
 * Messages of one packet leave at once. The fragments of a long one leave a burst at a time, so that the receive buffers of this and other
 * hosts hold them. Messages that are published meanwhile wait behind them, within the bounds of the node.
 */
import type { Clock, ScheduledCall } from "@groupcast/base";
import { ChannelLengthError } from "../contract/channel-errors.js";
import type { PacketSender } from "../contract/packet-sender.js";
import type { Fragmenter } from "../fragments/fragmenter.js";
import type { SealedChannel } from "../seal/channel-seal.js";
import type { SealedMessage } from "../seal/sealer.js";
import type { ChannelCounters } from "./channel-message.js";
import { costOf, type WaitingRoom } from "./waiting-room.js";

// A fragment of 8 KiB takes some 15 kB of a receive buffer, as the kernel counts (skb->truesize): three channels' bursts fit Linux's
// default of 212,992 bytes (net.core.rmem_default).
const BURST_BYTES = 32 * 1024;
const PAUSE_MS = 1;

/** The stages between messages and packets. */
export interface OutgoingOptions {
  readonly channel: string;
  readonly clock: Clock;
  readonly statistics: ChannelCounters;
  /** Returns the length of the longest contents of one packet now, before they are sealed, in bytes. */
  readonly maxPartBytes: () => number;
  readonly seal: SealedChannel | undefined;
  readonly fragmenter: Fragmenter | undefined;
  readonly waitingRoom: WaitingRoom;
  /** Time that it may take to close, in milliseconds. */
  readonly lingerMs: number;
  /** Reports an error that no call can throw. */
  readonly report: (error: unknown) => void;
}

/** A part of a message that waits. */
interface WaitingPart {
  readonly part: Uint8Array;
  readonly endsMessage: boolean;
  readonly message: SealedMessage; // shared by its parts
  packet?: Uint8Array; // once it was sealed: a transport that refuses it for now is offered the same again
}

export class OutgoingMessages {
  readonly #options: OutgoingOptions;
  readonly #sender: PacketSender;
  #waiting: WaitingPart[] = [];
  #nextBurst: ScheduledCall | undefined;
  #drained: (() => void) | undefined; // while it closes

  constructor(sender: PacketSender, options: OutgoingOptions) {
    this.#sender = sender;
    this.#options = options;
  }

  /** Sends a message, or lets it wait; returns false when there is no room for it. @throws ChannelLengthError `ERR_CHANNEL_MESSAGE_TOO_LONG`. */
  publish(message: Uint8Array): boolean {
    const { channel, fragmenter, statistics } = this.#options;
    const maxPartBytes = this.#options.maxPartBytes();
    const maxBytes = fragmenter === undefined ? maxPartBytes : fragmenter.maxMessageBytes(maxPartBytes);
    if (message.length > maxBytes) throw new ChannelLengthError(channel, message.length, maxBytes);
    const isTaken = fragmenter === undefined ? this.#send(message) : this.#publishParts(fragmenter.split(message, maxPartBytes));
    if (isTaken) statistics.published++;
    else statistics.dropped++;
    return isTaken;
  }

  /** Closes the sender. Messages that wait leave first, as far as there is time; the others are counted as dropped. */
  close(): void | Promise<void> {
    const { clock, lingerMs } = this.#options;
    const untilMs = clock.nowMs() + lingerMs;
    if (lingerMs > 0 && this.#waiting.length > 0) return this.#drain(lingerMs).then(() => this.#sender.close(untilMs));
    this.#abandon();
    return this.#sender.close(untilMs);
  }

  async #drain(lingerMs: number): Promise<void> {
    let timeOut: ScheduledCall | undefined;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      timeOut = this.#options.clock.schedule(lingerMs, resolve);
    });
    timeOut?.cancel();
    this.#abandon();
  }

  #publishParts(parts: readonly Uint8Array[]): boolean {
    if (this.#waiting.length === 0 && parts.length === 1) return this.#send(parts[0]!);
    if (!this.#options.waitingRoom.enter(parts)) return false;
    // Fragments have memory of their own; a message that was not split still belongs to its publisher.
    const message: SealedMessage = {};
    for (const [index, part] of parts.entries()) {
      this.#waiting.push({ part: parts.length === 1 ? Buffer.from(part) : part, endsMessage: index === parts.length - 1, message });
    }
    if (this.#nextBurst === undefined) this.#sendBurst();
    return true;
  }

  #sendBurst(): void {
    this.#nextBurst = undefined;
    try {
      this.#sendWaiting();
    } catch (error) {
      this.#abandon(); // the transport has closed
      this.#options.report(error);
    }
    if (this.#waiting.length > 0) this.#nextBurst = this.#options.clock.schedule(PAUSE_MS, () => this.#sendBurst());
    else this.#drained?.();
  }

  #sendWaiting(): void {
    let count = 0;
    for (let bytes = 0; count < this.#waiting.length && bytes < BURST_BYTES; count++) {
      const next = this.#waiting[count]!;
      next.packet ??= this.#packetOf(next.part, next.message);
      if (!this.#sender.send(next.packet, next.endsMessage)) break;
      bytes += costOf(next.part);
    }
    for (const { part } of this.#waiting.splice(0, count)) this.#options.waitingRoom.leave(part);
  }

  #abandon(): void {
    this.#nextBurst?.cancel();
    this.#options.statistics.dropped += this.#waiting.filter(({ endsMessage }) => endsMessage).length;
    for (const { part } of this.#waiting.splice(0)) this.#options.waitingRoom.leave(part);
  }

  #send(part: Uint8Array): boolean {
    return this.#sender.send(this.#packetOf(part), true);
  }

  #packetOf(part: Uint8Array, message?: SealedMessage): Uint8Array {
    return this.#options.seal?.seal(part, message) ?? part;
  }
}
