import { watchRejection } from "@groupcast/base";
import { type DatagramBatch, DatagramProtocol, type SocketAddress } from "groupcast";
import type { ChannelReceiver, ChannelSource, TransportStatistics } from "../contract/channel-transport.js";
import { isSameChannel, readPuliHeader, SEQUENCE_BYTES } from "./puli-datagram.js";
import type { Receptions } from "./receptions.js";
import { isRelayPort } from "./relay-port.js";
import { SourceTable } from "./source-table.js";

/** A channel with the beginning of its datagrams, and its receivers. */
interface Route {
  readonly channel: string;
  readonly header: Buffer; // up to the payload; its sequence number does not matter
  readonly receivers: readonly ChannelReceiver[];
  readonly changes: number; // of the receptions, when the receivers were looked up
}

/**
 * Gives each datagram of the receiving port to the receivers of its channel.
 *
 * It looks these up once for a run of datagrams that have the same, and keeps them for the next run.
 */
export class UdpReceiver extends DatagramProtocol {
  readonly #port: number;
  readonly #receptions: Receptions;
  readonly #statistics: TransportStatistics;
  readonly #receiverThrew: (error: unknown) => void;
  readonly #sources = new SourceTable();
  #lastFrom: SocketAddress | undefined;
  #lastSource: ChannelSource | undefined;
  #lastRoute: Route | undefined;

  constructor(port: number, receptions: Receptions, statistics: TransportStatistics, receiverThrew: (error: unknown) => void) {
    super();
    this.#port = port;
    this.#receptions = receptions;
    this.#statistics = statistics;
    this.#receiverThrew = receiverThrew;
  }

  override datagramsReceived(batch: DatagramBatch): void {
    for (let i = 0; i < batch.length; ) i = this.#takeRun(batch, i);
  }

  /** Takes the datagrams of one channel and one sender in a row, until the receivers change; returns the index of the next. */
  #takeRun(batch: DatagramBatch, first: number): number {
    const route = this.#routeOf(batch.view(first));
    if (route === undefined) return first + 1;
    const { channel, header, receivers, changes } = route;
    const payloadOffset = header.length;
    const source = this.#sourceOf(batch.from(first));
    const isRelayed = isRelayPort(source.port!, this.#port);
    const sequenceOffset = payloadOffset - SEQUENCE_BYTES;
    const end = batch.runEnd(first, sequenceOffset, payloadOffset);
    let index = first;
    do {
      this.#statistics.received++;
      const sequence = batch.uint32(index, sequenceOffset);
      const payload = batch.copy(index, payloadOffset); // the receivers' own
      const packet = { channel, source, sequence, payload, isRelayed };
      for (let i = 0; i < receivers.length; i++) {
        try {
          const result: unknown = receivers[i]!.packetReceived(packet);
          if (result !== undefined) watchRejection(result, this.#receiverThrew);
        } catch (error) {
          this.#receiverThrew(error);
        }
      }
      index++;
    } while (index < end && changes === this.#receptions.changes);
    return index;
  }

  #routeOf(datagram: Buffer): Route | undefined {
    const last = this.#lastRoute;
    const isLast = last !== undefined && last.changes === this.#receptions.changes && isSameChannel(datagram, last.header);
    return isLast ? last : this.#findRoute(datagram);
  }

  #findRoute(datagram: Buffer): Route | undefined {
    const header = readPuliHeader(datagram);
    if (header === undefined) {
      this.#statistics.malformed++;
      return undefined;
    }
    const { channel, payloadOffset } = header;
    const receivers = this.#receptions.of(channel);
    // Another channel on the same group, or one that was received until a moment ago.
    if (receivers === undefined) {
      this.#statistics.foreign++;
      return undefined;
    }
    this.#lastRoute = { channel, header: Buffer.from(datagram.subarray(0, payloadOffset)), receivers, changes: this.#receptions.changes };
    return this.#lastRoute;
  }

  #sourceOf(from: SocketAddress): ChannelSource {
    if (from === this.#lastFrom) return this.#lastSource!;
    this.#lastFrom = from;
    this.#lastSource = this.#sources.of(from);
    return this.#lastSource;
  }
}
