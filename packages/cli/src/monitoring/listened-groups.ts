import { type ListenedSample, type MonitorSource, Rates, type Readings } from "@groupcast/monitor";
import type { DatagramBatch, Protocol, Reactor } from "groupcast";
import { formatTarget, type ListenTarget } from "../listening/listen-target.js";
import { type Listener, type ListenerSettings, openListeners } from "../listening/open-listeners.js";
import { MOST_STREAMS, StreamCounts } from "../listening/stream-counts.js";

const FEWEST_STREAMS = 16; // of a destination among many: their memory has a bound together

/** Counts of one destination. */
interface Tally {
  received: number;
  receivedBytes: number;
  readonly streams: StreamCounts;
  readonly listeners: Listener[];
}

/** Destinations that the monitor listens to by itself: rate, gaps and loss, as `groupcast listen` counts them. */
export class ListenedGroups implements MonitorSource {
  readonly #tallies: ReadonlyMap<string, Tally>;
  readonly #rates = new Rates();

  /** Listens. @throws what `listenMulticast` and `joinGroup` throw; nothing is open then. */
  constructor(reactor: Reactor, targets: readonly ListenTarget[], settings: ListenerSettings) {
    const mostStreams = Math.max(FEWEST_STREAMS, Math.floor(MOST_STREAMS / targets.length));
    const tallyOf = (): Tally => ({ received: 0, receivedBytes: 0, streams: new StreamCounts(mostStreams), listeners: [] });
    this.#tallies = new Map(targets.map((target) => [formatTarget(target), tallyOf()]));
    const listeners = openListeners(reactor, targets, settings, (target) => this.#protocolOf(target));
    for (const listener of listeners) this.#tallies.get(formatTarget(listener.target))!.listeners.push(listener);
  }

  /** Closes its ports. */
  close(): void {
    for (const { listeners } of this.#tallies.values()) for (const { port } of listeners) port.stopNow();
  }

  /** Reads the counts. */
  read(elapsedMs: number): Readings {
    this.#rates.begin(elapsedMs);
    const listened = [...this.#tallies].map(([id, tally]) => this.#sampleOf(id, tally));
    // Those of the host count the datagrams, and those that the monitor's own buffers had no room for.
    const lostPerSecond = listened.reduce((sum, one) => sum + Math.max(0, one.lostPerSecond - one.dropsPerSecond), 0);
    return { listened, totals: { receivedPerSecond: 0, sentPerSecond: 0, lostPerSecond } };
  }

  #sampleOf(id: string, { received, receivedBytes, streams, listeners }: Tally): ListenedSample {
    const drops = listeners.reduce((sum, { port }) => {
      const { kernelDrops, unreadDrops } = port.statistics();
      return sum + kernelDrops + unreadDrops;
    }, 0);
    const { lost, gaps, duplicates, reordered, streams: count } = streams.totals();
    return {
      id,
      received,
      perSecond: this.#rates.of(`${id} received`, received),
      bytesPerSecond: this.#rates.of(`${id} bytes`, receivedBytes),
      lost,
      lostPerSecond: this.#rates.of(`${id} lost`, lost),
      gaps,
      duplicates,
      reordered,
      streams: count,
      drops,
      dropsPerSecond: this.#rates.of(`${id} drops`, drops),
    };
  }

  #protocolOf(target: ListenTarget): Protocol {
    const tally = this.#tallies.get(formatTarget(target))!;
    return {
      datagramsReceived: (batch: DatagramBatch) => {
        for (let index = 0; index < batch.length; index++) {
          const [data, from] = [batch.view(index), batch.from(index)];
          tally.received++;
          tally.receivedBytes += data.length;
          tally.streams.note(data, from, { source: from.port, destination: target.port });
        }
      },
      logPrefix: () => "monitoring",
    };
  }
}
