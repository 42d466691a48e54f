import { randomBytes } from "node:crypto";
import type { Clock } from "@groupcast/base";
import type { ChannelLink } from "../challenge/channel-link.js";
import { checkWireName, noteChannel } from "../contract/channel-name.js";
import type { KeptChannels, ReceivedPacket } from "../contract/channel-transport.js";
import type { PacketSender } from "../contract/packet-sender.js";
import type { SealedChannel } from "../seal/channel-seal.js";
import type { PacketContents, TakePacket } from "../seal/packet-contents.js";
import { counterBitsOf } from "../seal/sealed-packet.js";
import type { NodeReliability } from "./node-reliability.js";
import type { LostPackets } from "./reliable-events.js";
import type { ResolvedReliable } from "./reliable-options.js";
import { ReliableReceiver } from "./reliable-receiver.js";
import { ReliableSender } from "./reliable-sender.js";
import { type ReliableStatistics, zeroReceiverCounters, zeroSenderCounters } from "./reliable-statistics.js";
import { decodeNote, type RepairNote } from "./repair-notes.js";

const STREAM_BYTES = 16;

/** Parts of a node that its reliable channels use. */
export interface ReliableOwner {
  readonly clock: Clock;
  readonly turnClock: { nowMs(): number };
  readonly reliability: NodeReliability;
  report(error: unknown): void;
}

/** Parts of a channel that its repairs use. */
export interface ReliableChannelOptions {
  readonly settings: ResolvedReliable;
  readonly seal: SealedChannel | undefined;
  readonly link: ChannelLink;
  /** Takes packets in order. */
  readonly release: TakePacket;
  readonly lost: (lost: LostPackets) => void;
}

/** The repairs of one channel, of what it sends and of what it receives. */
export class ReliableChannel {
  readonly #name: string;
  readonly #owner: ReliableOwner;
  readonly #options: ReliableChannelOptions;
  readonly #noteSeal: SealedChannel | undefined;
  readonly #sealCounters = { unopened: 0, replayed: 0, stale: 0, evicted: 0 };
  readonly #senderCounters = zeroSenderCounters();
  readonly #receiverCounters = zeroReceiverCounters();
  readonly #receiver: ReliableReceiver;
  #kept: { readonly by: KeptChannels | undefined } | undefined; // once it was asked for: it may report that it does not
  #sender: ReliableSender | undefined; // once published, where a sender can be asked
  #malformed = 0;

  /** @throws InvalidArgumentError `ERR_CHANNEL_NAME` when the name is too long for its notes. */
  constructor(name: string, owner: ReliableOwner, options: ReliableChannelOptions) {
    const { clock, turnClock, reliability } = owner;
    const { settings, seal, link, release, lost } = options;
    const notes = checkWireName("channel", noteChannel(name));
    this.#name = name;
    this.#owner = owner;
    this.#options = options;
    this.#noteSeal = seal?.beside(notes, this.#sealCounters);
    this.#receiver = new ReliableReceiver({
      channel: name,
      link,
      clock,
      turnClock,
      node: reliability,
      settings,
      counters: this.#receiverCounters,
      isSealed: seal !== undefined,
      wrap: (note) => this.#wrap(note),
      unwrap: (packet) => this.#unwrap(packet),
      release,
      lost,
      report: (error) => owner.report(error),
    });
  }

  /** The network's keeping of this channel; undefined on networks that keep nothing, or do not keep this channel. */
  get kept(): KeptChannels | undefined {
    if (this.#kept === undefined) {
      const { kept } = this.#options.link;
      this.#kept = { by: kept?.takes(this.#name) === true ? kept : undefined };
    }
    return this.#kept.by;
  }

  /** Messages from before that this node wants. */
  get history(): ResolvedReliable["history"] {
    return this.#options.settings.history;
  }

  /** Begins to put packets in order. */
  startReceiving(): void {
    this.#receiver.open();
    this.greet(); // the node hears itself, too
  }

  /** Forgets the senders, and the packets that wait. */
  stopReceiving(): void {
    this.#receiver.close();
  }

  /** Takes a packet; releases it in its turn. */
  take(packet: ReceivedPacket, contents: PacketContents): void {
    this.#receiver.take(packet, contents);
  }

  /** Opens a sender that repairs; undefined on a transport whose senders cannot be asked. */
  openSender(): PacketSender | undefined {
    const { clock, reliability: node } = this.#owner;
    const { settings, seal, link } = this.#options;
    if (link.openRepairingSender === undefined) return undefined;
    const sender = new ReliableSender({
      clock,
      node,
      settings,
      counters: this.#senderCounters,
      stream: seal?.sender ?? randomBytes(STREAM_BYTES).toString("hex"),
      sealedNumberOf: seal && ((packet) => counterBitsOf(packet)),
      wrap: (note) => this.#wrap(note),
      unwrap: (packet) => this.#unwrap(packet),
      report: (error) => this.#owner.report(error),
      open: (asks) => link.openRepairingSender!(this.#name, asks),
    });
    this.#sender ??= sender; // opening it may call a logger of the user's, which may publish
    return sender;
  }

  /** Longest time for which what it sends is repaired once it closes, in milliseconds. */
  get lingerMs(): number {
    return this.#options.settings.lingerMs;
  }

  /** Lets a subscriber that has come know what was published. */
  greet(): void {
    this.#sender?.greet();
  }

  /** Returns the counters as they are now. */
  statistics(): ReliableStatistics {
    const { unopened, replayed, stale } = this.#sealCounters;
    return {
      by: this.#by,
      sender: { ...this.#senderCounters },
      receiver: { ...this.#receiverCounters },
      malformed: this.#malformed + unopened + replayed + stale,
      keptBytes: this.#sender?.keptBytes ?? 0,
    };
  }

  get #by(): ReliableStatistics["by"] {
    if (this.#options.link.openRepairingSender !== undefined) return "repairs";
    return this.#kept?.by === undefined ? "nothing" : "stream";
  }

  #wrap(note: Buffer): Uint8Array {
    return this.#noteSeal?.seal(note) ?? note;
  }

  #unwrap({ payload }: ReceivedPacket): { note: RepairNote; signer: string | undefined } | undefined {
    const unsealed = this.#noteSeal?.unseal(payload);
    if (this.#noteSeal !== undefined && unsealed === undefined) return undefined; // counted by the seal
    const note = decodeNote(unsealed?.payload ?? payload);
    if (note !== undefined) return { note, signer: unsealed?.seal.signer };
    this.#malformed++;
    return undefined;
  }
}
