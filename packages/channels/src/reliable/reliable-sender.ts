import type { Clock } from "@groupcast/base";
import type { ChannelReceiver, ReceivedPacket, RepairingSender } from "../contract/channel-transport.js";
import type { PacketSender } from "../contract/packet-sender.js";
import type { NodeReliability } from "./node-reliability.js";
import type { ResolvedReliable } from "./reliable-options.js";
import type { SenderCounters } from "./reliable-statistics.js";
import type { RepairNote } from "./repair-notes.js";
import { Repairer } from "./repairer.js";
import { SentPackets } from "./sent-packets.js";
import { StatusBeacon } from "./status-beacon.js";

const QUIET_MS = 150; // the status is told four times in it, and a receiver that asks in vain asks four times

/** Parts of a reliable channel that its sender uses. */
export interface SenderOptions {
  readonly clock: Clock;
  readonly node: NodeReliability;
  readonly settings: ResolvedReliable;
  readonly counters: SenderCounters;
  /** Id of the stream: 32 hexadecimal digits. */
  readonly stream: string;
  /** Returns the number of a packet that was sealed; undefined on channels that are not sealed, where it is that of the datagram. */
  readonly sealedNumberOf: ((packet: Uint8Array) => number) | undefined;
  readonly wrap: (note: Buffer) => Uint8Array;
  readonly unwrap: (packet: ReceivedPacket) => { readonly note: RepairNote } | undefined;
  readonly report: (error: unknown) => void;
  /** Opens the transport's sender, which gives `asks` what it is asked. */
  readonly open: (asks: ChannelReceiver) => RepairingSender;
}

/** Sends the packets of a channel, keeps them for a while, and sends them again for those who missed them. */
export class ReliableSender implements PacketSender, ChannelReceiver {
  readonly #options: SenderOptions;
  readonly #sender: RepairingSender;
  readonly #sent: SentPackets;
  readonly #repairer: Repairer;
  readonly #beacon: StatusBeacon;
  #hasSent = false;
  #hasFailed = false;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(options: SenderOptions) {
    const { clock, node, settings, open } = options;
    this.#options = options;
    this.#sent = new SentPackets(settings, node.sent);
    this.#sender = open(this);
    this.#repairer = new Repairer({
      ...options,
      report: (error) => this.#failed(error),
      sender: this.#sender,
      sent: this.#sent,
      bytesPerSecond: settings.repairBytesPerSecond,
    });
    this.#beacon = new StatusBeacon(clock, () => this.#repairer.tellStatus());
  }

  /** Memory of the packets that are kept, in bytes, about. */
  get keptBytes(): number {
    return this.#sent.bytes;
  }

  send(packet: Uint8Array, endsMessage: boolean): boolean {
    if (!this.#hasSent) this.#repairer.tellStatus(); // before the first packet, so that receivers know at once that they can ask
    this.#hasSent = true;
    const sequence = this.#sender.nextSequence();
    if (!this.#sender.send(packet)) return false;
    this.#sent.add(this.#options.sealedNumberOf?.(packet) ?? sequence, sequence, endsMessage, packet);
    this.#repairer.packetSent();
    this.#beacon.packetSent();
    return true;
  }

  packetReceived(packet: ReceivedPacket): void {
    const note = this.#options.unwrap(packet)?.note;
    if (note?.kind !== "question") return;
    this.#askedMs = this.#options.clock.nowMs();
    this.#repairer.answer(note, packet.source);
  }

  /** Tells soon which number comes next, as a subscriber has come. */
  greet(): void {
    this.#beacon.greet();
  }

  /** Goes on telling its status and answering, until nobody has asked for {@link QUIET_MS} since the last packet, or until the time is over. */
  close(untilMs: number): void | Promise<void> {
    const { clock } = this.#options;
    const quietMs = Math.max(this.#beacon.activeMs, this.#askedMs) + QUIET_MS;
    const restMs = Math.min(untilMs, quietMs) - clock.nowMs();
    if (restMs <= 0 || this.#hasFailed) return this.#end();
    return new Promise<void>((resolve) => clock.schedule(restMs, resolve)).then(() => this.close(untilMs));
  }

  /** The transport has closed: there is nobody to tell, and one report is enough. */
  #failed(error: unknown): void {
    this.#hasFailed = true;
    this.#beacon.close();
    this.#options.report(error);
  }

  #end(): void | Promise<void> {
    this.#beacon.close();
    this.#repairer.close();
    this.#sent.clear();
    return this.#sender.close();
  }
}
