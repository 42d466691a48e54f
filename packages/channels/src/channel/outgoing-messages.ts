/**
 * Messages between `publish()` and the transport.
 *
 * Theory of operation: a message that is too long is split, each part is sealed if the channel is sealed, and each leaves as one packet.
 * Messages of one packet leave at once. The fragments of a long one leave a burst at a time, so that the receive buffers of this and other
 * hosts hold them. Messages that are published meanwhile wait behind them, within bounds.
 */
import type { Clock, ScheduledCall } from "@groupcast/base";
import { ChannelLengthError } from "../contract/channel-errors.js";
import type { ChannelSender } from "../contract/channel-transport.js";
import { MAX_FRAGMENTED_BYTES } from "../fragments/fragment-header.js";
import type { Fragmenter } from "../fragments/fragmenter.js";
import type { Sealer } from "../seal/sealer.js";
import type { ChannelStatistics } from "./channel-message.js";

// A fragment of 8 KiB takes some 15 kB of a receive buffer, as the kernel counts (skb->truesize): three channels' bursts fit Linux's
// default of 212,992 bytes (net.core.rmem_default).
const BURST_BYTES = 32 * 1024;
const PAUSE_MS = 1;
const MAX_WAITING_BYTES = 4 * MAX_FRAGMENTED_BYTES;

/** The stages between messages and packets. */
export interface OutgoingOptions {
  readonly channel: string;
  readonly clock: Clock;
  readonly statistics: ChannelStatistics;
  readonly maxPartBytes: number; // of the contents of one packet, before they are sealed
  readonly sealer: Sealer | undefined;
  readonly fragmenter: Fragmenter | undefined;
  /** Reports an error that no call can throw. */
  readonly report: (error: unknown) => void;
}

export class OutgoingMessages {
  readonly #options: OutgoingOptions;
  readonly #sender: ChannelSender;
  readonly #maxMessageBytes: number;
  #waiting: { readonly part: Uint8Array; readonly endsMessage: boolean }[] = [];
  #waitingBytes = 0;
  #nextBurst: ScheduledCall | undefined;

  constructor(sender: ChannelSender, options: OutgoingOptions) {
    this.#sender = sender;
    this.#options = options;
    this.#maxMessageBytes = options.fragmenter === undefined ? options.maxPartBytes : MAX_FRAGMENTED_BYTES;
  }

  /** Sends a message, or lets it wait; returns false when there is no room for it. @throws ChannelLengthError `ERR_CHANNEL_MESSAGE_TOO_LONG`. */
  publish(message: Uint8Array): boolean {
    const { channel, fragmenter, statistics } = this.#options;
    if (message.length > this.#maxMessageBytes) throw new ChannelLengthError(channel, message.length, this.#maxMessageBytes);
    const isTaken = fragmenter === undefined ? this.#send(message) : this.#publishParts(fragmenter.split(message), message.length);
    statistics[isTaken ? "published" : "dropped"]++;
    return isTaken;
  }

  /** Closes the sender. Messages that wait are counted as dropped. */
  close(): void {
    this.#abandon();
    this.#sender.close();
  }

  #publishParts(parts: readonly Uint8Array[], lengthBytes: number): boolean {
    if (this.#waiting.length === 0 && parts.length === 1) return this.#send(parts[0]!);
    if (this.#waitingBytes + lengthBytes > MAX_WAITING_BYTES) return false;
    // Fragments have memory of their own; a message that was not split still belongs to its publisher.
    for (const [index, part] of parts.entries()) {
      this.#waiting.push({ part: parts.length === 1 ? Buffer.from(part) : part, endsMessage: index === parts.length - 1 });
      this.#waitingBytes += part.length;
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
  }

  #sendWaiting(): void {
    let count = 0;
    let bytes = 0;
    while (count < this.#waiting.length && bytes < BURST_BYTES && this.#send(this.#waiting[count]!.part)) {
      bytes += this.#waiting[count++]!.part.length;
    }
    this.#waiting.splice(0, count);
    this.#waitingBytes -= bytes;
  }

  #abandon(): void {
    this.#nextBurst?.cancel();
    this.#options.statistics.dropped += this.#waiting.filter(({ endsMessage }) => endsMessage).length;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #send(part: Uint8Array): boolean {
    const { sealer } = this.#options;
    return this.#sender.send(sealer === undefined ? part : sealer.seal(part));
  }
}
