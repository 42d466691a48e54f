import { type Clock, callGuarded } from "@groupcast/base";
import type { ChannelLink } from "../challenge/channel-link.js";
import type { Asker, ChannelReceiver, ChannelSource, ReceivedPacket } from "../contract/channel-transport.js";
import type { RecentEntry } from "../order/recent-table.js";
import type { PacketContents, TakePacket } from "../seal/packet-contents.js";
import type { NodeReliability, StreamEntry } from "./node-reliability.js";
import type { LostPackets } from "./reliable-events.js";
import type { ResolvedReliable } from "./reliable-options.js";
import type { ReceiverCounters } from "./reliable-statistics.js";
import { ReliableStream, type StreamOwner, type StreamQuestion } from "./reliable-stream.js";
import { encodeQuestion, type RepairNote } from "./repair-notes.js";

const MAX_SUBSCRIBED_MS = 0xffff_ffff; // the note has 32 bits for it

/** Parts of a reliable channel that its receiver uses. */
export interface ReceiverOptions {
  readonly channel: string;
  readonly link: ChannelLink;
  readonly clock: Clock;
  readonly turnClock: { nowMs(): number };
  readonly node: NodeReliability;
  readonly settings: ResolvedReliable;
  readonly counters: ReceiverCounters;
  /** Whether the packets are sealed. */
  readonly isSealed: boolean;
  readonly wrap: (note: Buffer) => Uint8Array;
  readonly unwrap: (packet: ReceivedPacket) => { readonly note: RepairNote; readonly signer: string | undefined } | undefined;
  readonly release: TakePacket;
  readonly lost: (lost: LostPackets) => void;
  readonly report: (error: unknown) => void;
}

/** Puts the packets of a channel in order, sender by sender, and asks for those that are missing. */
export class ReliableReceiver implements ChannelReceiver {
  readonly #options: ReceiverOptions;
  readonly #owner: StreamOwner;
  readonly #streams = new Map<string, ReliableStream>(); // of this channel, of those in the node's table
  #previous: { readonly source: object; readonly entry: RecentEntry<StreamEntry> } | undefined;
  #asker: Asker | undefined; // while subscribed, where senders can be asked
  #sinceMs = 0;

  constructor(options: ReceiverOptions) {
    const { clock, node, counters, release, settings, lost } = options;
    this.#options = options;
    this.#owner = {
      clock,
      deadlineMs: settings.deadlineMs,
      memory: node.held,
      counters,
      release,
      ask: (question, to) => this.#ask(question, to),
      mayIntroduce: (nowMs) => {
        const may = node.introductions.spend(1, nowMs);
        if (!may) counters.putOff++;
        return may;
      },
      lost: (from, count, reason) => lost({ from, count, reason }),
    };
  }

  /** Begins to ask, if the transport can. */
  open(): void {
    const { link, channel, clock } = this.#options;
    if (this.#asker !== undefined) return; // a logger of the user's, which the transport calls, has subscribed meanwhile
    const asker = link.openAsker?.(channel, this);
    if (this.#asker === undefined) this.#asker = asker;
    else asker?.close();
    this.#sinceMs = clock.nowMs();
  }

  /** Asks no more, and forgets every sender. */
  close(): void {
    const { channel, node, counters, report } = this.#options;
    const asker = this.#asker;
    this.#asker = undefined;
    for (const [key, stream] of this.#streams) {
      node.streams.delete(`${channel}\0${key}`);
      counters.discarded += stream.close();
    }
    this.#streams.clear();
    if (asker !== undefined) callGuarded(() => asker.close(), report);
  }

  /** Takes a packet, which is released in its turn. Packets of senders that cannot be asked are released at once. */
  take(packet: ReceivedPacket, contents: PacketContents): void {
    const { sequence } = contents;
    if (this.#asker === undefined || sequence === undefined || packet.isRelayed) this.#options.release(packet, contents);
    else this.#streamOfPacket(packet, contents).take(sequence >>> 0, packet, contents, this.#options.turnClock.nowMs());
  }

  /** Takes a note of a sender. */
  packetReceived(packet: ReceivedPacket): void {
    const { isSealed, unwrap } = this.#options;
    const unwrapped = unwrap(packet);
    if (unwrapped === undefined || unwrapped.note.kind === "question") return;
    const { note, signer } = unwrapped;
    const { stream } = this.#entryOf(isSealed ? keyOf(note.stream, signer) : packet.source.id, packet.source).value;
    if (note.kind === "status") stream.statusReceived(note, packet.source);
    else stream.goneReceived(note);
  }

  #streamOfPacket({ source: from }: ReceivedPacket, { source, seal }: PacketContents): ReliableStream {
    const { streams } = this.#options.node;
    // Mostly one sender sends several packets in a row; then nothing has to be looked up.
    if (this.#previous?.source === source && streams.renew(this.#previous.entry)) return this.#previous.entry.value.stream;
    const entry = this.#entryOf(seal === undefined ? from.id : keyOf(seal.sender, seal.signer), from);
    this.#previous = { source, entry };
    return entry.value.stream;
  }

  #entryOf(key: string, source: ChannelSource): RecentEntry<StreamEntry> {
    const { channel, node } = this.#options;
    return node.streams.use(`${channel}\0${key}`, () => this.#begin(key, source));
  }

  #begin(key: string, source: ChannelSource): StreamEntry {
    const stream = new ReliableStream(this.#owner, source, this.#sinceMs);
    this.#streams.set(key, stream);
    const evicted = (): void => {
      this.#streams.delete(key);
      this.#sinceMs = this.#options.clock.nowMs(); // or what it has had would come again
      stream.flush("room");
      stream.close();
    };
    return { stream, evicted };
  }

  #ask(question: StreamQuestion, to: ChannelSource): void {
    const { settings, wrap, report } = this.#options;
    const { messages, bytes } = settings.history;
    const subscribedMs = Math.min(MAX_SUBSCRIBED_MS, Math.max(0, Math.floor(question.subscribedMs)));
    const note = encodeQuestion({ ...question, subscribedMs, historyMessages: messages, historyBytes: bytes });
    callGuarded(() => void this.#asker?.ask(wrap(note), to), report);
  }
}

function keyOf(sender: string, signer: string | undefined): string {
  return signer === undefined ? sender : `${sender} ${signer}`;
}
