/**
 * The latest packets of a relay, so that it passes none on twice.
 *
 * Theory of operation: source and number travel with a packet through all relays. Another relay between the same networks passes the same
 * packet on. The copy that comes second is recognised here, on either side. Both relays give the source the same id, as long as both use
 * the same name for the network.
 *
 * Anybody can write the source and the number of somebody else. So a copy is what has the same contents, too, and nothing that comes keeps
 * a packet from passing but that packet itself. Each source has a share of what is remembered.
 */
import { createHash } from "node:crypto";
import type { ChannelSource, ReceivedPacket } from "../contract/channel-transport.js";
import { RecentTable } from "../order/recent-table.js";
import { forgetSource, longestCopyMs, type OrderedSource, SequenceTracker, type SourceState } from "../order/sequence-tracker.js";
import { PacketMemory } from "./packet-memory.js";
import { DIGESTS, PayloadDigest } from "./payload-digest.js";

const MAX_SOURCES = 16_384; // over all channels
const MAX_PACKETS = 65_536; // some 6 MiB, or 15 when each source has a few
const MAX_SOURCE_PACKETS = 16_384; // more than wait for NATS while another relay passes their copies on (nats-options.ts)

/** A source on one channel. */
export interface RelayedSource {
  /** Id that every relay gives it: 16 hexadecimal digits. */
  readonly id: string;
  readonly memory: PacketMemory;
  /** The same source, on this channel alone. */
  readonly order: OrderedSource;
  /** Number for the next packet of a source that does not count. */
  next: number;
}

export class RelayedPackets {
  readonly #relay: string;
  readonly #digest = new PayloadDigest();
  readonly #sources = new RecentTable<RelayedSource>(MAX_SOURCES, ({ memory }) => {
    this.#remembered -= memory.size;
  });
  readonly #order = new SequenceTracker("relayed", new RecentTable<SourceState>(MAX_SOURCES, forgetSource));
  readonly #ids = new WeakMap<ChannelSource, string>();
  #remembered = 0;

  /** @param relay - Id of the relay. */
  constructor(relay: string) {
    this.#relay = relay;
  }

  /** Number of packets that are remembered. */
  get remembered(): number {
    return this.#remembered;
  }

  /** Returns the source of a packet from `network`. */
  sourceOf(packet: ReceivedPacket, network: string): RelayedSource {
    const id = packet.envelope?.source ?? this.#idOf(packet, network);
    const key = `${packet.channel}\0${id}`;
    const { maxDelayMs } = packet.source;
    const make = (): RelayedSource => ({
      id,
      memory: new PacketMemory(MAX_SOURCE_PACKETS),
      order: { id: key, ...(maxDelayMs !== undefined && { maxDelayMs }) },
      next: 0,
    });
    return this.#sources.use(key, make).value;
  }

  /** Returns whether a packet, which counts as number `sequence` of its source, has come before; remembers it if not. */
  isRepeat({ payload, envelope }: ReceivedPacket, { memory }: RelayedSource, sequence: number, nowMs: number): boolean {
    const packet = sequence * DIGESTS + this.#digest.of(payload);
    const takenMs = memory.takenMs(packet);
    // What relays bring, one of them may have held back. UDP does not: a sender that started again says the same once more.
    if (takenMs !== undefined && (envelope !== undefined || nowMs - takenMs < longestCopyMs(sequence))) return true;
    const before = memory.size;
    memory.add(packet, nowMs);
    this.#remembered += memory.size - before;
    while (this.#remembered > MAX_PACKETS) this.#sources.evictOldest();
    return false;
  }

  /** Returns the lead of a packet that is no repeat: 1 in order, more when some are missing before it, less than 0 when it is late. */
  lead({ order }: RelayedSource, sequence: number, nowMs: number): number {
    return this.#order.lead(order, sequence, sequence, nowMs);
  }

  #idOf({ source, sequence }: ReceivedPacket, network: string): string {
    const known = this.#ids.get(source);
    if (known !== undefined) return known;
    // Each relay counts the packets of a source that does not count, so each needs an id of its own for it.
    const scope = sequence === undefined ? `${this.#relay}\0` : "";
    const id = createHash("sha256").update(`${scope}${network}\0${source.id}`).digest("hex").slice(0, 16);
    this.#ids.set(source, id);
    return id;
  }
}
