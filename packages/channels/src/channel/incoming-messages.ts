import type { ChannelReceiver, ReceivedPacket } from "../contract/channel-transport.js";
import type { Reassembler } from "../fragments/reassembler.js";
import type { SequenceTracker } from "../order/sequence-tracker.js";
import type { Opener } from "../seal/opener.js";
import type { ChannelMessage, ChannelStatistics } from "./channel-message.js";
import type { TurnClock } from "./turn-clock.js";

/** What packets go through on the way to a channel's subscribers. */
export interface IncomingOptions {
  readonly clock: TurnClock;
  readonly statistics: ChannelStatistics;
  readonly tracker: SequenceTracker;
  readonly opener: Opener | undefined;
  readonly reassembler: Reassembler | undefined;
  readonly deliver: (payload: Buffer, message: ChannelMessage) => void;
}

/** Makes messages of packets: opened, put together, and with their place in the order of their sender. */
export class IncomingMessages implements ChannelReceiver {
  readonly #options: IncomingOptions;

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  packetReceived(packet: ReceivedPacket): void {
    const { opener } = this.#options;
    if (opener === undefined) {
      this.#take(packet, packet.source, packet.sequence, packet.payload);
      return;
    }
    const opened = opener.open(packet.payload);
    if (opened !== undefined) this.#take(packet, opened.source, opened.counter, opened.payload);
  }

  /** `source` and `sequence`: of the packet, or of what was sealed in it. */
  #take(packet: ReceivedPacket, source: { readonly id: string }, sequence: number | undefined, payload: Buffer): void {
    const { reassembler, tracker, clock } = this.#options;
    if (reassembler === undefined) {
      const lead = sequence === undefined ? 1 : tracker.lead(source, sequence, sequence, clock.nowMs());
      this.#deliver(packet, lead, payload);
      return;
    }
    const whole = reassembler.take({ sourceId: source.id, sequence, payload });
    if (whole === undefined) return;
    this.#deliver(
      packet,
      whole.span === undefined ? 1 : tracker.lead(source, whole.span.first, whole.span.last, clock.nowMs()),
      whole.payload,
    );
  }

  #deliver({ channel, source: from, isRelayed }: ReceivedPacket, lead: number, payload: Buffer): void {
    const { statistics, tracker, deliver } = this.#options;
    const lost = lead > 1 ? lead - 1 : 0;
    statistics.lost += lost;
    if (lead < 0) statistics.late++;
    else if (lead === 0) statistics.repeated++;
    statistics.restarts = tracker.restarts;
    deliver(payload, { channel, from, lead, lost, isRelayed });
  }
}
