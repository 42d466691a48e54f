/**
 * What a relay has passed on lately, so that it passes nothing on twice.
 *
 * Theory of operation: a packet is known by its source and that source's number for it, and these go with it through all relays. Another
 * relay between the same networks passes the same packet on; whichever comes second is recognised here, from whichever side it comes.
 * Both relays name the source alike, as long as both call the network alike.
 */
import { createHash } from "node:crypto";
import type { ChannelSource, ReceivedPacket } from "../contract/channel-transport.js";
import { RecentTable } from "../order/recent-table.js";
import { ReplayWindow } from "../order/replay-window.js";
import { hasStartedAgain } from "../order/sequence-tracker.js";

const MAX_SOURCES = 16_384; // over all channels; some 4 MiB
const WINDOW = 1024; // packets that may lie between two copies of one

/** A source on one channel. */
export interface RelayedSource {
  /** The same at every relay; 16 hexadecimal digits. */
  readonly id: string;
  window: ReplayWindow;
  advancedMs: number; // when its highest number came
  /** The number for the next packet of a source that does not count. */
  next: number;
}

export class RelayedPackets {
  readonly #relay: string;
  readonly #sources = new RecentTable<RelayedSource>(MAX_SOURCES);
  readonly #ids = new WeakMap<ChannelSource, string>();

  /** @param relay - Which relay this is. */
  constructor(relay: string) {
    this.#relay = relay;
  }

  /** The source of a packet that came in on `network`. */
  sourceOf(packet: ReceivedPacket, network: string, nowMs: number): RelayedSource {
    const id = packet.envelope?.source ?? this.#idOf(packet, network);
    return this.#sources.use(`${packet.channel}\0${id}`, () => ({ id, window: new ReplayWindow(WINDOW), advancedMs: nowMs, next: 0 }))
      .value;
  }

  /** Whether a packet has been here, or is older than can be told; if not it has been here now. */
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
    // Who does not count is counted by each relay for itself, so each must have a name of its own for it.
    const scope = sequence === undefined ? `${this.#relay}\0` : "";
    const id = createHash("sha256").update(`${scope}${network}\0${source.id}`).digest("hex").slice(0, 16);
    this.#ids.set(source, id);
    return id;
  }
}
