/**
 * A protocol that asks: one question, one answer, over a network that loses both.
 *
 * Theory of operation: each request waits under the address that it asked, or among those that take an answer from anybody. A datagram is
 * offered to the requests of its sender, then to the latter, in the order in which they were made; the first that matches is answered.
 * A datagram that no request takes is dropped and counted, so a flood costs its reception and nothing else.
 */
import type { Arrival, SocketAddress } from "@groupcast/backend";
import { checkBytes, joinBytes, throwIfAborted } from "@groupcast/base";
import { DatagramProtocol, insidesOf } from "../datagram-protocol.js";
import type { ReceivedDatagram } from "./datagram-stream.js";
import { PendingRequest, type PendingRequestOwner } from "./pending-request.js";
import { type RequestOptions, resolveRequestOptions } from "./request-options.js";

const MAX_ASKED = 1024; // addresses that are remembered after their last request, to tell late answers from strangers
/** Addresses that never are the sender of an answer: everybody, and this host (a datagram to no address goes to loopback on Linux). */
const NOBODY: ReadonlySet<string> = new Set(["255.255.255.255", "0.0.0.0", "::"]);

/** Counters of a {@link Requester}. They count datagrams, unless they say requests. */
export interface RequesterStatistics {
  /** Number of requests that were sent. */
  requests: number;
  /** Number of requests that wait for their answers now. */
  pending: number;
  /** Number of requests that were answered. */
  answered: number;
  /** Number of times that a query was sent again. */
  retransmissions: number;
  /**
   * Number of late and repeated answers: they came from an address that was asked, or to a question to a group, when no request waited any
   * longer.
   */
  late: number;
  /** Number that came while requests waited for their sender, and that no `match` took. */
  unmatched: number;
  /** Number that came from addresses that were not asked. */
  strangers: number;
  /** Number of times that a `match` threw, or returned no boolean. */
  matchErrors: number;
}

/**
 * Sends requests and waits for their answers, on connected ports and others. Give it to `connectUDP` or `listen…` in place of a protocol.
 *
 * A query is sent again after one second, or earlier if `timeoutMs` asks for it, and each wait is twice as long as the one before, with
 * jitter (RFC 8085, 3.1.1). Any number of requests may be pending. Time is the reactor's clock.
 *
 * @example
 * ```ts
 * import { Reactor, Requester } from "groupcast";
 *
 * const client = new Requester();
 * new Reactor().connectUDP("192.0.2.1", 9999, client);
 * const { data } = await client.request("ping", { match: (answer) => answer.toString() === "pong", timeoutMs: 2000, attempts: 3 });
 * ```
 */
export class Requester extends DatagramProtocol {
  readonly #statistics: RequesterStatistics = {
    requests: 0,
    pending: 0,
    answered: 0,
    retransmissions: 0,
    late: 0,
    unmatched: 0,
    strangers: 0,
    matchErrors: 0,
  };
  readonly #waiting = new Map<string, Set<PendingRequest>>(); // address → its requests
  readonly #anySource = new Set<PendingRequest>();
  readonly #asked = new Set<string>(); // addresses whose requests are over, the latest at the end
  #hasAskedAnybody = false;

  /**
   * Sends `query` and waits for its answer.
   *
   * Ownership: `query` is copied. A failed attempt, such as one that the peer refused, is followed by the next one.
   *
   * @param query - Payload of the question. @param options - Destination, matching, attempts and time-out.
   * @returns A promise of the answer. It rejects with SystemError `ERR_NO_ANSWER`: `errnoName` is `ETIMEDOUT`, or the reason for which
   * every attempt failed, such as `ECONNREFUSED`; `cause` is the latest failure. It rejects with the reason of the signal; with StateError
   * `ERR_NOT_LISTENING`, or `ERR_CLOSED`: the port stopped; with MessageLengthError; and with InvalidArgumentError, as `write` throws it.
   */
  async request(query: Uint8Array | string, options?: RequestOptions): Promise<ReceivedDatagram> {
    const insides = insidesOf(this, "request");
    const resolved = resolveRequestOptions(options);
    const bytes = typeof query === "string" ? Buffer.from(query) : joinBytes([checkBytes("request", "query", query)]);
    const { address, isMulticast } = insides.contact("request", resolved.to);
    throwIfAborted(resolved.signal);
    const fromAnybody = resolved.anySource ?? (isMulticast || NOBODY.has(address.address));
    const key = fromAnybody ? undefined : keyOf(address);
    const request = new PendingRequest(this.#ownerOf(key, insides), bytes, address, resolved);
    this.#waitersOf(key).add(request);
    request.start();
    return await request.promise;
  }

  /** Returns a copy of the counters. */
  statistics(): RequesterStatistics {
    let pending = this.#anySource.size;
    for (const requests of this.#waiting.values()) pending += requests.size;
    return { ...this.#statistics, pending };
  }

  /** Listens for refusals of peers that the port is not connected to. */
  override startProtocol(): void {
    this.transport.on("refused", ({ peer }) => this.#refused(peer));
  }

  /** Answers the request that matches, or counts the datagram. */
  override datagramReceived(data: Buffer, from: SocketAddress, arrival?: Arrival): void {
    const datagram = { data, from, arrival };
    const key = keyOf(from);
    const waiting = this.#waiting.get(key);
    const latest = this.#statistics.requests;
    if (offer(waiting, datagram, latest) || offer(this.#anySource, datagram, latest)) this.#statistics.answered++;
    else if (waiting !== undefined || this.#anySource.size > 0) this.#statistics.unmatched++;
    else if (this.#hasAskedAnybody || this.#asked.has(key)) this.#statistics.late++;
    else this.#statistics.strangers++;
  }

  /** Counts the refusal as a failed attempt of the pending requests. */
  override connectionRefused(): void {
    this.#refused(this.transport.getPeer());
  }

  /** Rejects the pending requests. */
  override stopProtocol(): void {
    for (const requests of [this.#anySource, ...this.#waiting.values()]) for (const request of requests) request.closed();
  }

  #refused(peer: SocketAddress | undefined): void {
    if (peer === undefined) return;
    for (const request of this.#waiting.get(keyOf(peer)) ?? []) request.refused();
  }

  #ownerOf(key: string | undefined, { clock, send, report }: ReturnType<typeof insidesOf>): PendingRequestOwner {
    return {
      number: ++this.#statistics.requests,
      clock,
      report,
      send,
      sentAgain: () => this.#statistics.retransmissions++,
      matchFailed: () => this.#statistics.matchErrors++,
      settled: (request) => this.#forget(key, request),
    };
  }

  #waitersOf(key: string | undefined): Set<PendingRequest> {
    if (key === undefined) {
      this.#hasAskedAnybody = true;
      return this.#anySource;
    }
    const requests = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, requests);
    this.#asked.delete(key);
    return requests;
  }

  #forget(key: string | undefined, request: PendingRequest): void {
    const requests = key === undefined ? this.#anySource : this.#waiting.get(key);
    requests?.delete(request);
    if (key === undefined || requests?.size !== 0) return;
    this.#waiting.delete(key);
    this.#asked.add(key);
    if (this.#asked.size <= MAX_ASKED) return;
    for (const oldest of this.#asked) {
      this.#asked.delete(oldest);
      break;
    }
  }
}

function keyOf({ address, port }: SocketAddress): string {
  return `${address} ${port}`;
}

/**
 * Offers `datagram` to each request up to number `latest`; returns whether one took it. A later request is one that a `match` has made
 * meanwhile: this datagram came before its question.
 */
function offer(requests: ReadonlySet<PendingRequest> | undefined, datagram: ReceivedDatagram, latest: number): boolean {
  for (const request of requests ?? []) {
    if (request.number > latest) return false;
    if (request.take(datagram)) return true;
  }
  return false;
}
