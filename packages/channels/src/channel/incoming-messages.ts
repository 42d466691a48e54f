import type { ChannelReceiver, ReceivedPacket } from "../contract/channel-transport.js";
import type { Reassembler } from "../fragments/reassembler.js";
import type { OrderTracker } from "../order/sequence-tracker.js";
import type { ReliableChannel } from "../reliable/reliable-channel.js";
import type { SealedChannel } from "../seal/channel-seal.js";
import type { PacketContents } from "../seal/packet-contents.js";
import type { SealFacts } from "../seal/unsealer.js";
import type { ChannelCounters, ChannelMessage } from "./channel-message.js";
import type { TurnClock } from "./turn-clock.js";

/** The stages between packets and a channel's subscribers. */
export interface IncomingOptions {
  readonly clock: TurnClock;
  readonly statistics: ChannelCounters;
  readonly tracker: OrderTracker;
  readonly seal: SealedChannel | undefined;
  readonly reliable: ReliableChannel | undefined;
  readonly reassembler: Reassembler | undefined;
  readonly deliver: (payload: Buffer, message: ChannelMessage) => void;
}

/** Turns packets into messages: unseals them, has them repaired on reliable channels, puts fragments together, and finds the place of each in the order of its sender. */
export class IncomingMessages implements ChannelReceiver {
  readonly #options: IncomingOptions;
  #isClosed = false;

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  packetReceived(packet: ReceivedPacket): void {
    if (this.#isClosed) return; // by another receiver of the same packet: nothing may be remembered any more
    const { seal, reliable } = this.#options;
    const contents = seal === undefined ? packet : seal.unseal(packet.payload);
    if (contents === undefined) return;
    if (reliable === undefined) this.take(packet, contents);
    else reliable.take(packet, contents);
  }

  /** Takes no further packets, and forgets the senders and the incomplete messages. */
  close(): void {
    this.#isClosed = true;
    this.#options.tracker.close();
    this.#options.reassembler?.close();
  }

  /** Takes what the packet says of itself, or what its sealed contents say. On reliable channels it comes in order. */
  take(packet: ReceivedPacket, { source, sequence, payload, seal }: PacketContents): void {
    if (this.#isClosed) return;
    const { reassembler, tracker, clock } = this.#options;
    if (reassembler === undefined) {
      const lead = sequence === undefined ? 1 : tracker.lead(source, sequence, sequence, clock.nowMs());
      this.#deliver(packet, lead, payload, seal);
      return;
    }
    const whole = reassembler.take({ sourceId: source.id, sequence, payload });
    if (whole === undefined) return;
    this.#deliver(
      packet,
      whole.span === undefined ? 1 : tracker.lead(source, whole.span.first, whole.span.last, clock.nowMs()),
      whole.payload,
      seal,
    );
  }

  #deliver({ channel, source: from, isRelayed }: ReceivedPacket, lead: number, payload: Buffer, seal: SealFacts | undefined): void {
    const { statistics, tracker, deliver } = this.#options;
    const lost = lead > 1 ? lead - 1 : 0;
    statistics.lost += lost;
    if (lead < 0) statistics.late++;
    else if (lead === 0) statistics.repeated++;
    statistics.restarts = tracker.restarts;
    deliver(payload, { channel, from, lead, lost, isRelayed, sender: seal?.sender, signer: seal?.signer, sentAt: seal?.sentAt });
  }
}
