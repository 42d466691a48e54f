// A UDP transport to which a test can give packets in anybody's name, as a forger on the network could.
import {
  type Asker,
  type ChannelReceiver,
  type ChannelSource,
  type ReceivedPacket,
  type RepairingSender,
  UdpTransport,
} from "@groupcast/channels";

export class TappedTransport extends UdpTransport {
  readonly #receivers = new Map<string, ChannelReceiver>();

  override startReceiving(channel: string, receiver: ChannelReceiver): void {
    this.#receivers.set(`packets ${channel}`, receiver);
    super.startReceiving(channel, receiver);
  }

  override openAsker(channel: string, notes: ChannelReceiver): Asker {
    this.#receivers.set(`notes ${channel}`, notes);
    return super.openAsker(channel, notes);
  }

  override openRepairingSender(channel: string, asks: ChannelReceiver): RepairingSender {
    this.#receivers.set(`questions ${channel}`, asks);
    return super.openRepairingSender(channel, asks);
  }

  /** Gives one who receives on channel "c" a packet that seems to come from `source`. */
  forge(what: "packets" | "notes" | "questions", source: ChannelSource, payload: Buffer, sequence = 0): void {
    const packet: ReceivedPacket = { channel: "c", source, sequence, payload, isRelayed: false };
    this.#receivers.get(`${what} c`)!.packetReceived(packet);
  }
}
