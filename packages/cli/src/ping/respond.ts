/** Answers multicast ping on this host: for `groupcast ping`, and for ssmping and asmping of other systems. */
import { type Arrival, anyAddress, type Family, familyOf, isMulticast, MAX_PORT, needsZone } from "@groupcast/backend";
import { checkBoolean, checkInteger, checkOptions, checkSignal, checkString, outOfRange, whenAborted } from "@groupcast/base";
import type { MulticastPort, Reactor, SocketAddress, WriteOptions } from "groupcast";
import { VERSION } from "../version.js";
import { wallClockUs } from "../wall-clock.js";
import { type Answer, Answering, type AnsweringSettings, PING_REFUSALS, type PingRefusal } from "./answering.js";
import { checkGroup } from "./check-group.js";
import { isSourceSpecific } from "./group-prefix.js";
import { PING_PORT, SSMPING_PORT } from "./ping-ports.js";

/** Options of {@link respond}. */
export interface RespondOptions {
  /** IP literal of a group to serve besides the well-known source-specific ones. Default: none. */
  readonly group?: string | undefined;
  /** Name or address of the interface to join the group on. Default: all. */
  readonly interface?: string | undefined;
  /** Port of RFC 6450, 1 … 65,535. Default: 9903. */
  readonly port?: number | undefined;
  /** Port of the tools ssmping and asmping, 1 … 65,535. Default: 4321. */
  readonly legacyPort?: number | undefined;
  /** Whether to answer the tools ssmping and asmping of version 0.9. Default: true. */
  readonly legacy?: boolean | undefined;
  /** TTL that answers leave with, 1 … 255. Default: 64, as ssmpingd. */
  readonly ttl?: number | undefined;
  /** Answered echo requests a second for each client, 1 … 1,000. Default: 1 (RFC 6450). */
  readonly clientRate?: number | undefined;
  /** Answered echo requests a second for all clients together, 1 … 100,000. Default: 100. */
  readonly totalRate?: number | undefined;
  /** Number of clients to remember, 1 … 1,000,000. Default: 1,000. */
  readonly maxClients?: number | undefined;
  /** Name and version for clients that ask, 1 … 64 bytes of UTF-8. Default: `groupcast` and its version. */
  readonly serverInformation?: string | undefined;
  /** Ends it. Default: it ends when the reactor stops. */
  readonly signal?: AbortSignal | undefined;
  /** Called when a client is answered for the first time. */
  readonly onClient?: ((client: RespondClient) => void) | undefined;
  /** Called once, when the ports are open. */
  readonly onListening?: ((ports: readonly SocketAddress[]) => void) | undefined;
}

/** A client that is answered for the first time. */
export interface RespondClient {
  /** IP literal of the client. */
  readonly address: string;
  /** Port of the client. */
  readonly port: number;
  /** Group that it is answered on. */
  readonly group: string;
}

/** Report of a responder. */
export interface RespondReport {
  /** Number of echo requests that were answered, each to the client and to the group. */
  readonly answered: number;
  /** Number of Init messages that were answered with a session. */
  readonly sessions: number;
  /** Number of clients that are remembered. */
  readonly clients: number;
  /** Number of clients that were forgotten for others, because the table was full. */
  readonly evicted: number;
  /** Map of reason → number of datagrams that were refused for it. */
  readonly refused: Readonly<Record<PingRefusal, number>>;
  /** Number of answers that the network refused. */
  readonly failed: number;
  /** Time that it has run, in milliseconds. */
  readonly durationMs: number;
}

const DEFAULT_TTL = 64;
const DEFAULT_CLIENT_RATE = 1;
const DEFAULT_TOTAL_RATE = 100;
const DEFAULT_MAX_CLIENTS = 1000;
const MOST_INFORMATION_BYTES = 64;
const MAX_TTL = 255;

/**
 * Answers multicast ping until the signal aborts.
 *
 * Serves RFC 6450 on port 9903 and the protocol of ssmping 0.9 on port 4321, by IPv4 and IPv6, or by the family of the group alone.
 *
 * @returns Its counters. @throws InvalidArgumentError, as a rejection. @throws CannotListenError: a port is in use.
 * @throws MulticastJoinError: the group cannot be joined.
 */
export async function respond(reactor: Reactor, options?: RespondOptions): Promise<RespondReport> {
  const settings = resolve(reactor, options);
  const responder = new Responder(reactor, settings);
  try {
    responder.open();
    settings.onListening?.(responder.ports.map((port) => port.getHost()));
    await responder.ended();
    return responder.report();
  } finally {
    await responder.close();
  }
}

/** One run. */
class Responder {
  readonly ports: MulticastPort[] = [];
  readonly #reactor: Reactor;
  readonly #settings: Settings;
  readonly #answering: Answering;
  readonly #startMs: number;
  readonly #refused = Object.fromEntries(Object.keys(PING_REFUSALS).map((name) => [name, 0])) as Record<PingRefusal, number>;
  #answered = 0;
  #sessions = 0;

  constructor(reactor: Reactor, settings: Settings) {
    this.#reactor = reactor;
    this.#settings = settings;
    this.#startMs = reactor.clock.nowMs();
    this.#answering = new Answering(settings, this.#startMs);
  }

  open(): void {
    const { families, port, legacyPort, answersLegacy, group } = this.#settings;
    for (const family of families) {
      const main = this.#open(family, port);
      if (group !== undefined && !isSourceSpecific(group)) main.joinGroup(group, this.#settings.interface);
      if (answersLegacy && legacyPort !== port) this.#open(family, legacyPort);
    }
  }

  /** Waits for the signal, or for the end of the ports. */
  async ended(): Promise<void> {
    const { signal } = this.#settings;
    if (signal?.aborted) return;
    await new Promise<void>((resolveEnd) => {
      const stopWaiting = whenAborted(signal, () => resolveEnd());
      this.ports[0]!.once("closed", () => {
        stopWaiting();
        resolveEnd();
      });
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.ports.map((port) => port.stopListening()));
  }

  report(): RespondReport {
    const { clients } = this.#answering;
    const counts = this.ports.map((port) => port.statistics());
    return {
      answered: this.#answered,
      sessions: this.#sessions,
      clients: clients.size,
      evicted: clients.evicted,
      refused: { ...this.#refused },
      failed: counts.reduce((sum, { sendFailed, dropped }) => sum + sendFailed + dropped, 0),
      durationMs: Math.round(this.#reactor.clock.nowMs() - this.#startMs),
    };
  }

  #open(family: Family, number: number): MulticastPort {
    const { ttl } = this.#settings;
    const protocol = {
      datagramReceived: (data: Buffer, from: SocketAddress, arrival?: Arrival) => this.#received(port, { data, from, arrival }),
    };
    const port: MulticastPort = this.#reactor.listenMulticast(number, protocol, {
      interface: anyAddress(family),
      ...(family === 6 && { ipv6Only: true }),
      arrival: true,
      ttl,
      unicastTTL: ttl,
    });
    this.ports.push(port);
    return port;
  }

  #received(port: MulticastPort, { data, from, arrival }: Received): void {
    const destination = arrival?.destination;
    const answer = this.#answering.answer({
      data,
      from,
      isMulticast: destination !== undefined && isMulticast(destination),
      nowMs: this.#reactor.clock.nowMs(),
      wallClockUs: wallClockUs(),
    });
    this.#count(answer, from);
    if (answer.reply === undefined) return;
    const origin = this.#originOf(arrival);
    port.write(answer.reply, from, origin);
    if (answer.group === undefined) return;
    // The port of the client, so that it receives both answers on one number (RFC 6450). By the interface that owns the address that was
    // asked: routers take a group's datagrams from the interface towards their source (RFC 7761, 2: RPF).
    port.write(answer.reply, { address: answer.group, port: from.port }, origin && { ...origin, interface: origin.source });
  }

  #count({ kind, refusal, isNewClient, group }: Answer, from: SocketAddress): void {
    if (refusal !== undefined) this.#refused[refusal] += 1;
    if (kind === "session") this.#sessions += 1;
    if (kind !== "echo") return;
    this.#answered += 1;
    if (isNewClient) this.#settings.onClient?.({ address: from.address, port: from.port, group: group! });
  }

  /** An answer comes from the address that was asked, since clients of a source-specific group receive from that alone. */
  #originOf(arrival: Arrival | undefined): (WriteOptions & { readonly source: string }) | undefined {
    const { destination, interface: name } = arrival ?? {};
    if (destination === undefined || isMulticast(destination)) return undefined;
    if (!this.#reactor.backend.capabilities.has("sendPacketInfo")) return undefined;
    const isZoneMissing = needsZone(destination) && !destination.includes("%");
    return { source: isZoneMissing && name !== undefined ? `${destination}%${name}` : destination };
  }
}

/** A datagram, with its arrival. */
interface Received {
  readonly data: Buffer;
  readonly from: SocketAddress;
  readonly arrival: Arrival | undefined;
}

/** Options after checks and defaults. */
interface Settings extends AnsweringSettings {
  readonly families: readonly Family[];
  readonly interface: string;
  readonly port: number;
  readonly legacyPort: number;
  readonly signal: AbortSignal | undefined;
  readonly onClient: RespondOptions["onClient"];
  readonly onListening: RespondOptions["onListening"];
}

const OPTION_NAMES: readonly (keyof RespondOptions)[] = [
  ...["group", "interface", "port", "legacyPort", "legacy", "ttl", "clientRate", "totalRate", "maxClients", "serverInformation"],
  ...["signal", "onClient", "onListening"],
] as (keyof RespondOptions)[];

/** Map of option → range and default. */
const NUMBERS = {
  port: [1, MAX_PORT, PING_PORT],
  legacyPort: [1, MAX_PORT, SSMPING_PORT],
  ttl: [1, MAX_TTL, DEFAULT_TTL],
  clientRate: [1, 1000, DEFAULT_CLIENT_RATE],
  totalRate: [1, 100_000, DEFAULT_TOTAL_RATE],
  maxClients: [1, 1_000_000, DEFAULT_MAX_CLIENTS],
} as const;

function resolve(reactor: Reactor, options: RespondOptions | undefined): Settings {
  const given = checkOptions("respond", options, OPTION_NAMES);
  const numbers = Object.entries(NUMBERS).map(([name, [min, max, fallback]]) => {
    const value = given[name as keyof typeof NUMBERS];
    return [name, value === undefined ? fallback : checkInteger("respond", name, value, [min, max])] as const;
  });
  const group = given.group === undefined ? undefined : checkGroup("respond", given.group);
  return {
    ...(Object.fromEntries(numbers) as Record<keyof typeof NUMBERS, number>),
    group,
    families: group === undefined ? familiesOf(reactor) : [familyOf(group)],
    interface: given.interface === undefined ? "all" : checkString("respond", "interface", given.interface),
    answersLegacy: given.legacy === undefined || checkBoolean("respond", "legacy", given.legacy),
    serverInformation: checkInformation(given.serverInformation),
    signal: checkSignal("respond", given.signal),
    onClient: given.onClient,
    onListening: given.onListening,
  };
}

function checkInformation(value = `groupcast ${VERSION}`): string {
  const { byteLength } = Buffer.from(checkString("respond", "serverInformation", value));
  if (byteLength >= 1 && byteLength <= MOST_INFORMATION_BYTES) return value;
  throw outOfRange("respond", "serverInformation", value, `1 to ${MOST_INFORMATION_BYTES} bytes of UTF-8`);
}

function familiesOf({ network }: Reactor): Family[] {
  return network.getInterfaceIPs({ ipv4: false }).length > 0 ? [4, 6] : [4];
}
