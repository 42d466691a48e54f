/**
 * The latest packets of a relay, so that it passes none on twice.
 *
 * Theory of operation: source and number identify a packet, and travel with it through all relays. Another relay between the same networks
 * passes the same packet on. The copy that comes second is recognised here, on either side. Both relays give the source the same id, as
 * long as both use the same name for the network.
 */
import { createHash } from "node:crypto";
import type { ChannelSource, ReceivedPacket } from "../contract/channel-transport.js";
import { RecentTable } from "../order/recent-table.js";
import { ReplayWindow } from "../order/replay-window.js";
import { hasStartedAgain } from "../order/sequence-tracker.js";

const MAX_SOURCES = 16_384; // over all channels; some 4 MiB
const WINDOW = 1024; // packets that may come between two copies of one

/** A source on one channel. */
export interface RelayedSource {
  /** Id that every relay gives it: 16 hexadecimal digits. */
  readonly id: string;
  window: ReplayWindow;
  advancedMs: number; // time at which its highest number came
  /** Number for the next packet of a source that does not count. */
  next: number;
}

export class RelayedPackets {
  readonly #relay: string;
  readonly #sources = new RecentTable<RelayedSource>(MAX_SOURCES);
  readonly #ids = new WeakMap<ChannelSource, string>();

  /** @param relay - Id of the relay. */
  constructor(relay: string) {
    this.#relay = relay;
  }

  /** Returns the source of a packet from `network`. */
  sourceOf(packet: ReceivedPacket, network: string, nowMs: number): RelayedSource {
    const id = packet.envelope?.source ?? this.#idOf(packet, network);
    return this.#sources.use(`${packet.channel}\0${id}`, () => ({ id, window: new ReplayWindow(WINDOW), advancedMs: nowMs, next: 0 }))
      .value;
  }

  /** Returns whether a packet has come before, or is too old to know; remembers it if not. */
  isRepeat(source: RelayedSource, sequence: number, nowMs: number): boolean {
    const { newest } = source.window;
    const lead = newest < 0 ? 1 : (sequence - newest) | 0;
    const hasWrapped = lead > 0 && sequence < newest;
    if (hasWrapped || hasStartedAgain(lead, sequence, nowMs - source.advancedMs)) source.window = new ReplayWindow(WINDOW);
    if (!source.window.isNew(sequence)) return true;
    if (sequence > source.window.newest) source.advancedMs = nowMs;
    source.window.add(sequence);
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
