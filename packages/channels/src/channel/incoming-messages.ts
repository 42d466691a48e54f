import type { ChannelReceiver, ReceivedPacket } from "../contract/channel-transport.js";
import type { Reassembler } from "../fragments/reassembler.js";
import type { OrderedSource, OrderTracker } from "../order/sequence-tracker.js";
import type { Unsealer } from "../seal/unsealer.js";
import type { ChannelMessage, ChannelStatistics } from "./channel-message.js";
import type { TurnClock } from "./turn-clock.js";

/** The stages between packets and a channel's subscribers. */
export interface IncomingOptions {
  readonly clock: TurnClock;
  readonly statistics: ChannelStatistics;
  readonly tracker: OrderTracker;
  readonly unsealer: Unsealer | undefined;
  readonly reassembler: Reassembler | undefined;
  readonly deliver: (payload: Buffer, message: ChannelMessage) => void;
}

/** Turns packets into messages: unseals them, puts fragments together, and finds the place of each in the order of its sender. */
export class IncomingMessages implements ChannelReceiver {
  readonly #options: IncomingOptions;

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  packetReceived(packet: ReceivedPacket): void {
    const { unsealer } = this.#options;
    if (unsealer === undefined) {
      this.#take(packet, packet.source, packet.sequence, packet.payload);
      return;
    }
    const unsealed = unsealer.unseal(packet.payload);
    if (unsealed !== undefined) this.#take(packet, unsealed.source, unsealed.counter, unsealed.payload);
  }

  /** Takes `source` and `sequence` of the packet, or of its sealed contents. */
  #take(packet: ReceivedPacket, source: OrderedSource, sequence: number | undefined, payload: Buffer): void {
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
