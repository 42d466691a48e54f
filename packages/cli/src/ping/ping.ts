/** Asks for multicast: of one host, or of all that answer on a group. */
import { randomBytes } from "node:crypto";
import { familyOf, isMulticast } from "@groupcast/backend";
import { whenAborted } from "@groupcast/base";
import type { Reactor, ScheduledCall, SocketAddress } from "groupcast";
import { Conversation, type Session } from "./conversation.js";
import { type GroupPrefix, legacyForm, prefixOf, staysOnLink, WELL_KNOWN_GROUPS } from "./group-prefix.js";
import { decodeMessage, encodeMessage, type ReceivedPingMessage } from "./message.js";
import { PING_OPTIONS, PING_VERSION } from "./option-table.js";
import { type PingOptions, type PingSettings, resolvePingOptions } from "./ping-options.js";
import { SSMPING_PORT } from "./ping-ports.js";
import { PING_IGNORED, type PingIgnored, type PingProtocol, type PingReport } from "./ping-report.js";
import { type ArrivedDatagram, PingSockets } from "./ping-sockets.js";

const CLIENT_ID_BYTES = 8;
const PROGRESS_MS = 500;
const MOST_RESPONDERS = 1000;
const EAGER_ROUNDS = 3; // in which a group is asked each time: a message may be lost, or come before a tree is built
const SEARCH_ROUNDS = 10; // afterwards, for responders that come later

/**
 * Asks for multicast until the signal aborts, or `count` requests are answered or lost.
 *
 * With a host as target, asks that host for a session and a group (RFC 6450), or for answers on the well-known group if the host speaks
 * the protocol of ssmping 0.9; sends one request each interval; and counts the answers to this host and those to the group. With a
 * group as target, does so with every host that runs {@link respond} on it.
 *
 * @param target - IP literal of a host or a group, IPv6 with its zone where it needs one.
 * @returns The report; loss is not an error. @throws InvalidArgumentError, as all errors as a rejection. @throws SystemError: no
 * route leads to the target. @throws MulticastJoinError: the group cannot be joined.
 */
export async function ping(reactor: Reactor, target: string, options?: PingOptions): Promise<PingReport> {
  const run = new PingRun(reactor, resolvePingOptions(target, options));
  try {
    await run.ended();
    return run.report();
  } finally {
    await run.close();
  }
}

/** One run. */
class PingRun {
  readonly #reactor: Reactor;
  readonly #settings: PingSettings;
  readonly #sockets: PingSockets;
  readonly #clientId = randomBytes(CLIENT_ID_BYTES);
  readonly #conversations = new Map<string, Conversation>();
  readonly #ignored = Object.fromEntries(Object.keys(PING_IGNORED).map((name) => [name, 0])) as Record<PingIgnored, number>;
  readonly #calls = new Set<ScheduledCall>();
  readonly #startedAtMs = Date.now();
  readonly #startMs: number;
  #round = 0;
  #asked = 0;
  #refused = 0;
  #offered: readonly GroupPrefix[] | undefined;
  #end: (error?: unknown) => void = () => {};

  constructor(reactor: Reactor, settings: PingSettings) {
    this.#reactor = reactor;
    this.#settings = settings;
    this.#startMs = reactor.clock.nowMs();
    this.#sockets = new PingSockets({
      reactor,
      target: { address: settings.target, port: settings.port },
      interface: settings.interface,
      ttl: settings.ttl,
      received: (datagram) => this.#guarded(() => this.#received(datagram)),
      refused: (peer) => this.#guarded(() => this.#noteRefusal(peer)),
    });
  }

  async ended(): Promise<void> {
    const { signal } = this.#settings;
    if (signal?.aborted) return;
    let stopWaiting = (): void => {};
    const ended = new Promise<void>((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
      stopWaiting = whenAborted(signal, () => resolve());
    });
    this.#guarded(() => this.#start());
    await ended.finally(stopWaiting);
  }

  async close(): Promise<void> {
    for (const call of this.#calls) call.cancel();
    for (const conversation of this.#conversations.values()) conversation.stop();
    await this.#sockets.close();
  }

  report(): PingReport {
    return {
      target: this.#settings.target,
      localAddress: this.#sockets.localAddress,
      startedAtMs: this.#startedAtMs,
      durationMs: Math.round(this.#reactor.clock.nowMs() - this.#startMs),
      responders: [...this.#conversations.values()].flatMap((conversation) => conversation.report() ?? []),
      asked: this.#asked,
      refused: this.#refused,
      ...(this.#offered !== undefined && { offered: this.#offered }),
      ignored: { ...this.#ignored },
    };
  }

  #start(): void {
    const { isGroup, group, target, count, intervalMs, onProgress } = this.#settings;
    if (isGroup && group !== undefined) this.#sockets.join(group, group);
    else this.#conversationWith(target);
    if (Number.isFinite(count)) this.#later(count * intervalMs, () => this.#close());
    if (onProgress !== undefined) this.#repeat(PROGRESS_MS, () => onProgress(this.report()));
    this.#ask();
    this.#repeat(intervalMs, () => this.#ask());
  }

  /** One round: asks for the sessions that are missing. */
  #ask(): void {
    const { isGroup, target, count } = this.#settings;
    const round = this.#round++;
    if (round >= count) return;
    if (isGroup && (round < EAGER_ROUNDS || round % SEARCH_ROUNDS === 0)) this.#sendInit(target);
    for (const conversation of this.#conversations.values()) {
      if (conversation.session?.protocol === "rfc6450" || (conversation.isConfirmed && conversation.session !== undefined)) continue;
      this.#sendInit(conversation.address);
      if (round > 0 && !conversation.isConfirmed) this.#tryLegacy(conversation);
    }
  }

  #sendInit(address: string): void {
    const { port, group } = this.#settings;
    this.#asked += 1;
    const init = encodeMessage({
      type: "init",
      version: PING_VERSION,
      clientId: this.#clientId,
      optionRequest: [PING_OPTIONS.serverInformation.code],
      prefixes: group === undefined ? undefined : [prefixOf(group)],
    });
    this.#sockets.send(init, { address, port });
  }

  /** Sends requests of ssmping 0.9 to a host that has not answered by RFC 6450 yet; it goes on asking for that. */
  #tryLegacy(conversation: Conversation): void {
    const { group, legacy, target } = this.#settings;
    if (!legacy || conversation.session !== undefined) return;
    this.#begin(conversation, {
      protocol: "ssmping",
      group: group === undefined ? WELL_KNOWN_GROUPS[familyOf(target)] : legacyForm(group),
    });
  }

  #begin(conversation: Conversation, session: Session): void {
    this.#sockets.join(session.group, conversation.address);
    conversation.begin(session);
  }

  #conversationWith(address: string): Conversation {
    const known = this.#conversations.get(address);
    if (known !== undefined) return known;
    const { count, intervalMs, timeoutMs, onEvent } = this.#settings;
    const conversation = new Conversation(address, {
      clock: this.#reactor.clock,
      clientId: this.#clientId,
      count,
      intervalMs,
      timeoutMs,
      send: (data, protocol) => this.#guarded(() => this.#sockets.send(data, { address, port: this.#portOf(protocol) })),
      report: (event) => this.#guarded(() => onEvent?.(event)),
      settled: () => this.#endIfSettled(),
    });
    this.#conversations.set(address, conversation);
    return conversation;
  }

  #portOf(protocol: PingProtocol): number {
    const { port, isPortGiven } = this.#settings;
    return protocol === "ssmping" && !isPortGiven ? SSMPING_PORT : port;
  }

  #received(datagram: ArrivedDatagram): void {
    const reason = this.#read(datagram);
    if (reason !== undefined) this.#ignored[reason] += 1;
  }

  /** Returns why the datagram was ignored, if it was. */
  #read({ data, from, via, group, ttl }: ArrivedDatagram): PingIgnored | undefined {
    const message = decodeMessage(data);
    if (message === undefined) return "malformed";
    if (message.clientId?.equals(this.#clientId) !== true) return "clientId";
    if (message.type === "serverResponse" && via === "unicast") return this.#readServerResponse(message, from);
    if (message.type !== "echoReply") return "unexpected";
    const conversation = this.#conversations.get(from.address);
    const protocol = message.version === undefined ? "ssmping" : "rfc6450";
    if (conversation === undefined || from.port !== this.#portOf(protocol)) return "sender";
    if (via === "multicast" && message.group !== undefined && message.group !== group) return "group";
    return conversation.receive({ message, via, ttl });
  }

  #readServerResponse(message: ReceivedPingMessage, from: SocketAddress): PingIgnored | undefined {
    const { isGroup, port, target } = this.#settings;
    if (from.port !== port || (!isGroup && from.address !== target)) return "sender";
    if (message.version !== PING_VERSION) return "version";
    if (message.group === undefined) return this.#readRefusal(message, from);
    if (!this.#isAcceptable(message.group)) return "group";
    if (!this.#hasRoomFor(from.address) || !this.#sockets.hasRoomFor(message.group)) return "surplus";
    const { group, sessionId, serverInformation } = message;
    const copy = sessionId === undefined ? undefined : Buffer.from(sessionId); // the message is a view into the datagram
    this.#begin(this.#conversationWith(from.address), { protocol: "rfc6450", group, sessionId: copy, serverInformation });
    return undefined;
  }

  #hasRoomFor(address: string): boolean {
    return this.#conversations.has(address) || this.#conversations.size < MOST_RESPONDERS;
  }

  /** Reads a Server Response without a group: the session is over, or there was none to have (RFC 6450). */
  #readRefusal({ prefixes }: ReceivedPingMessage, { address }: SocketAddress): PingIgnored | undefined {
    const conversation = this.#conversations.get(address);
    if (conversation === undefined) return "unexpected";
    conversation.loseSession();
    if (prefixes === undefined || this.#settings.isGroup) return undefined;
    this.#offered = prefixes;
    this.#end();
    return undefined;
  }

  /** A group that was asked for, or one that a server may well choose. */
  #isAcceptable(group: string): boolean {
    const { group: wanted, target } = this.#settings;
    if (wanted !== undefined) return group === wanted;
    return familyOf(group) === familyOf(target) && isMulticast(group) && !staysOnLink(group);
  }

  #noteRefusal(peer: SocketAddress | undefined): void {
    this.#refused += 1;
    const conversation = peer === undefined ? undefined : this.#conversations.get(peer.address);
    if (conversation !== undefined && peer?.port === this.#settings.port && !conversation.isConfirmed) this.#tryLegacy(conversation);
  }

  /** Ends the sending; what was sent may still be answered. */
  #close(): void {
    for (const conversation of this.#conversations.values()) conversation.close();
    this.#later(this.#settings.timeoutMs, () => this.#end());
    this.#endIfSettled();
  }

  /** A group may have responders that have not answered at all yet; a host is done when it has answered all. */
  #endIfSettled(): void {
    const conversations = [...this.#conversations.values()];
    if (this.#settings.isGroup || !conversations.every(({ isSettled, isConfirmed }) => isSettled && isConfirmed)) return;
    this.#end();
  }

  /** Errors end the run: none of them leaves a callback of the reactor. */
  #guarded(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.#end(error);
    }
  }

  #later(delayMs: number, fn: () => void): void {
    const call = this.#reactor.clock.schedule(delayMs, () => {
      this.#calls.delete(call);
      this.#guarded(fn);
    });
    this.#calls.add(call);
  }

  #repeat(intervalMs: number, fn: () => void): void {
    this.#later(intervalMs, () => {
      this.#repeat(intervalMs, fn);
      fn();
    });
  }
}
