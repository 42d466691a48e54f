/**
 * Gives each message of the receiving port to the receivers of its channel.
 *
 * Theory of operation: only fragment 0 contains the name, so fragments are put together here, before their channel is known. Those of a
 * channel without receivers are forgotten as soon as fragment 0 arrives. A sender counts its messages on all channels together, so the
 * transport counts the missing ones, and the packets that it delivers have no number.
 */
import { type Clock, watchRejection } from "@groupcast/base";
import type { DatagramBatch } from "groupcast";
import type { ChannelSource } from "../contract/channel-transport.js";
import { ReassemblyMemory } from "../fragments/reassembly-memory.js";
import { RecentTable } from "../order/recent-table.js";
import { forgetSource, SequenceTracker, type SourceState } from "../order/sequence-tracker.js";
import type { Receptions } from "../udp/receptions.js";
import { isRelayPort } from "../udp/relay-port.js";
import { SourceTable } from "../udp/source-table.js";
import { isLcmFragment, type LcmFragmentHeader, readLcmFragment, readLcmShort } from "./lcm-datagram.js";
import type { ResolvedLcmOptions } from "./lcm-options.js";
import { LcmPartial } from "./lcm-partial.js";
import type { LcmStatistics } from "./lcm-statistics.js";

const MAX_SOURCES = 4096; // whose count is followed: one for each sending program
const REPEATED_WITHIN_MS = 2000; // a copy by a second path arrives within that time; later ones come from a sender that restarted from 0

/** The surroundings of a receiver. */
export interface LcmReceiverOptions {
  readonly options: ResolvedLcmOptions;
  readonly clock: Clock;
  readonly receptions: Receptions;
  readonly statistics: LcmStatistics;
  readonly receiverThrew: (error: unknown) => void;
}

/** A whole message, or nothing yet. */
interface Arrival {
  readonly channel: string;
  readonly payload: Buffer;
}

export class LcmReceiver {
  readonly #options: LcmReceiverOptions;
  readonly #sources = new SourceTable();
  readonly #memory: ReassemblyMemory<LcmPartial>;
  readonly #order = new SequenceTracker("", new RecentTable<SourceState>(MAX_SOURCES, forgetSource));
  #isClosed = false;

  constructor(options: LcmReceiverOptions) {
    this.#options = options;
    this.#memory = new ReassemblyMemory(options.clock, options.options.maxReassemblyBytes);
  }

  /** Memory of the incomplete messages, in bytes. */
  get heldBytes(): number {
    return this.#memory.heldBytes;
  }

  /** Takes received datagrams. */
  take(batch: DatagramBatch): void {
    // A receiver may close the transport: what it would hold of the rest would outlive it.
    for (let index = 0; index < batch.length && !this.#isClosed; index++) {
      const datagram = batch.view(index);
      const source = this.#sources.of(batch.from(index));
      const arrival = isLcmFragment(datagram) ? this.#takeFragment(source, datagram) : this.#takeShort(source, batch, index);
      if (arrival !== undefined) this.#deliver(source, arrival);
    }
  }

  /** Stops taking datagrams, and gives up every incomplete message. */
  close(): void {
    this.#isClosed = true;
    this.#memory.giveUp(this.#options.statistics);
  }

  #takeShort(source: ChannelSource, batch: DatagramBatch, index: number): Arrival | undefined {
    const header = readLcmShort(batch.view(index));
    if (header === undefined) return this.#malformed();
    this.#count(source, header.sequence);
    if (!this.#isReceived(header.channel)) return undefined;
    return { channel: header.channel, payload: batch.copy(index, header.partOffset) }; // the receivers' own
  }

  #takeFragment(source: ChannelSource, datagram: Buffer): Arrival | undefined {
    const header = readLcmFragment(datagram);
    if (header === undefined) return this.#malformed();
    const key = `${source.id}\0${header.sequence}`;
    if (this.#memory.wasComplete(key, REPEATED_WITHIN_MS)) return undefined; // a repeat, or the rest of a message that nobody receives
    if (this.#memory.peek(key)?.fits(header) === false) return this.#malformed();
    if (header.channel !== undefined) this.#count(source, header.sequence);
    if (header.channel === undefined || this.#isReceived(header.channel)) return this.#add(key, source, header, datagram);
    this.#memory.finish(key);
    return undefined;
  }

  #add(key: string, source: ChannelSource, header: LcmFragmentHeader, datagram: Buffer): Arrival | undefined {
    const counters = this.#options.statistics;
    const partial = this.#memory.use(key, (startedMs) => new LcmPartial({ key, source: source.id, startedMs, counters }, header));
    partial.add(header, datagram);
    if (!partial.isComplete) {
      this.#memory.weigh(key, partial);
      return undefined;
    }
    this.#memory.finish(key);
    const payload = partial.assemble();
    return payload === undefined ? this.#malformed() : { channel: partial.channel!, payload };
  }

  #malformed(): undefined {
    this.#options.statistics.malformed++;
  }

  /** Follows the count of a sender, which reveals missing messages. */
  #count(source: ChannelSource, sequence: number): void {
    const lead = this.#order.lead(source, sequence, sequence, this.#options.clock.nowMs());
    if (lead > 1) this.#options.statistics.lost += lead - 1;
  }

  /** Whether a channel has receivers; counts the message as foreign if it has none. */
  #isReceived(channel: string): boolean {
    const isReceived = this.#options.receptions.of(channel) !== undefined;
    if (!isReceived) this.#options.statistics.foreign++;
    return isReceived;
  }

  #deliver(source: ChannelSource, { channel, payload }: Arrival): void {
    const { options, receptions, statistics, receiverThrew } = this.#options;
    const receivers = receptions.of(channel);
    statistics[receivers === undefined ? "foreign" : "received"]++; // the last one may have left while fragments arrived
    const packet = { channel, source, sequence: undefined, payload, isRelayed: isRelayPort(source.port!, options.port) };
    for (const receiver of receivers ?? []) {
      try {
        watchRejection(receiver.packetReceived(packet), receiverThrew);
      } catch (error) {
        receiverThrew(error);
      }
    }
  }
}
