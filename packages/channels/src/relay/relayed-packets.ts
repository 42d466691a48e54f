/**
 * The latest packets of a relay, so that it passes none on twice.
 *
 * Theory of operation: source and number travel with a packet through all relays. Another relay between the same networks passes the same
 * packet on. The copy that comes second is recognised here, on either side. Both relays give the source the same id, as long as both use
 * the same name for the network.
 *
 * Anybody can write the source and the number of somebody else. So a copy is what has the same contents, too, and nothing that comes keeps
 * a packet from passing but that packet itself. The digests that are remembered have a quota for each source.
 */
import { createHash, randomBytes } from "node:crypto";
import type { ChannelSource, ReceivedPacket } from "../contract/channel-transport.js";
import { QuotaTable } from "../order/quota-table.js";
import { RecentTable } from "../order/recent-table.js";
import { longestCopyMs } from "../order/sequence-tracker.js";

const MAX_SOURCES = 16_384; // over all channels; some 4 MiB
const MAX_DIGESTS = 65_536; // some 20 MiB
const MAX_SOURCE_DIGESTS = 16_384; // more than wait for NATS while another relay passes their copies on (nats-options.ts)
const UNWEIGHED = Number.POSITIVE_INFINITY;

/** A source on one channel. */
export interface RelayedSource {
  /** Id that every relay gives it: 16 hexadecimal digits. */
  readonly id: string;
  /** Number for the next packet of a source that does not count. */
  next: number;
}

export class RelayedPackets {
  readonly #relay: string;
  readonly #secret = randomBytes(16); // nobody can make a packet whose digest is that of another one
  readonly #sources = new RecentTable<RelayedSource>(MAX_SOURCES);
  readonly #digests = new QuotaTable<{ takenMs: number }>({
    all: { entries: MAX_DIGESTS, weight: UNWEIGHED },
    owner: { entries: MAX_SOURCE_DIGESTS, weight: UNWEIGHED },
  });
  readonly #ids = new WeakMap<ChannelSource, string>();

  /** @param relay - Id of the relay. */
  constructor(relay: string) {
    this.#relay = relay;
  }

  /** Number of packets that are remembered. */
  get remembered(): number {
    return this.#digests.size;
  }

  /** Returns the source of a packet from `network`. */
  sourceOf(packet: ReceivedPacket, network: string): RelayedSource {
    const id = packet.envelope?.source ?? this.#idOf(packet, network);
    return this.#sources.use(`${packet.channel}\0${id}`, () => ({ id, next: 0 })).value;
  }

  /** Returns whether a packet, which counts as number `sequence` of its source, has come before; remembers it if not. */
  isRepeat({ channel, payload, envelope }: ReceivedPacket, { id }: RelayedSource, sequence: number, nowMs: number): boolean {
    const hash = createHash("sha256").update(this.#secret).update(`${channel}\0${id}\0${sequence}\0`).update(payload);
    let isNew = false;
    const known = this.#digests.use(`${channel}\0${id}`, hash.digest("base64"), () => {
      isNew = true;
      return { takenMs: nowMs };
    });
    // What relays bring, one of them may have held back. UDP does not: a sender that started again says the same once more.
    const isCopy = envelope !== undefined || nowMs - known.takenMs < longestCopyMs(sequence);
    if (isCopy) return !isNew;
    known.takenMs = nowMs;
    return false;
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
