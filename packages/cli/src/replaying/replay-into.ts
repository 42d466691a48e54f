/** Recordings as tests: yesterday's failure in the field, on a network in memory and its manual clock. */
import { familyOf, isLinkLocal, isMulticast, needsZone } from "@groupcast/backend";
import type { MemoryHost, MemoryNetwork, MemorySwitch } from "@groupcast/backend-memory";
import { type Clock, type Destination, type MulticastPort, Reactor, type ScheduledCall } from "groupcast";
import { Refusal } from "../command/refusal.js";
import { type RecordedDatagram, RecordingReader } from "../recording/recording-reader.js";
import { ReplayChannels } from "./replay-channels.js";
import { type ReplaySelection, SkipCount, select } from "./replay-selection.js";
import { ReplayTime } from "./replay-time.js";

/** Options of {@link replayInto}. */
export interface ReplayIntoOptions extends ReplaySelection {
  /** Factor of the recorded speed: 0.5, 2; Infinity: all at once. Default: 1. */
  readonly speed?: number | undefined;
  /** Switch of the senders, or its name. Default: `"lan"`. */
  readonly switch?: MemorySwitch | string | undefined;
  /** Maximum number of payload bytes in memory; a recording with more is refused. Default: 256 MiB. */
  readonly maxBytes?: number | undefined;
}

/** A recording that is being replayed into a network. */
export interface MemoryReplay {
  /** Number of datagrams that it sends. */
  readonly datagrams: number;
  /** Time from the first of them to the last, in milliseconds of the network's clock. */
  readonly durationMs: number;
  /** Number of them that have been sent by now. */
  readonly sent: number;
  /** Map of reason → number of skipped datagrams and frames. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Ends it: sends nothing more, and closes the ports of the senders. Their hosts stay. */
  stop(): Promise<void>;
}

/** A datagram that waits for its time. */
interface Waiting {
  readonly dueMs: number;
  readonly port: MulticastPort;
  readonly to: Destination;
  readonly data: Buffer;
}

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
const INTERFACE = "eth0";
const STAND_IN = "recording"; // host in the place of senders that no other host can be, such as 127.0.0.1

/**
 * Feeds a recording into a network in memory: each datagram leaves at its time, counted from now on the network's clock, from a host that
 * has the recorded sender's address and port. If a host of the network has that address, it sends the datagram, else a new host does.
 *
 * Reads the whole recording first, because a manual clock does not wait for files.
 *
 * Senders whose address no host can have on a link (127.0.0.1, ::1, 0.0.0.0) become one host with an address of the switch.
 *
 * @param network - Network with the hosts to test.
 * @param path - Recording in pcapng or pcap: of this program, tcpdump or Wireshark.
 * @throws (rejects) RecordingError: the file is broken. Refusal: it holds more than `maxBytes`. NodeJS.ErrnoException: it cannot be read.
 * CannotListenError: the port number of a sender is taken on a host of the network.
 *
 * @example
 * ```ts
 * import { MemoryNetwork } from "@groupcast/backend-memory";
 * import { replayInto } from "@groupcast/cli";
 *
 * const network = new MemoryNetwork();
 * const replay = await replayInto(network, "field.pcapng", { speed: 1 });
 * await network.clock.advance(replay.durationMs);
 * ```
 */
export async function replayInto(network: MemoryNetwork<Clock>, path: string, options: ReplayIntoOptions = {}): Promise<MemoryReplay> {
  const senders = new MemorySenders(network, options.switch ?? "lan");
  try {
    const skips = new SkipCount();
    const channels = await ReplayChannels.load(options.channels);
    const waiting = await readAll(await RecordingReader.open(path), { options, senders, skips, path, channels });
    return new Running(network.clock, waiting, senders, skips.report());
  } catch (error) {
    await senders.stop();
    throw error;
  }
}

interface Reading {
  readonly options: ReplayIntoOptions;
  readonly senders: MemorySenders;
  readonly skips: SkipCount;
  readonly path: string;
  readonly channels: ReplayChannels | undefined;
}

async function readAll(reader: RecordingReader, { options, senders, skips, path, channels }: Reading): Promise<Waiting[]> {
  const { maxBytes = DEFAULT_MAX_BYTES, speed = 1 } = options;
  const time = new ReplayTime(speed);
  const waiting: Waiting[] = [];
  let bytes = 0;
  for await (const { from, to, ttl, data, timeNs } of reader) {
    const dueMs = time.dueMs(timeNs);
    const selected = select({ from, to, data }, options, channels);
    if ("skipped" in selected) skips.note(selected.skipped);
    else if (!isSender(from)) skips.note("impossible sender");
    else {
      bytes += data.length;
      if (bytes > maxBytes)
        throw new Refusal(`${path} holds more than ${maxBytes} bytes: select part of it by destinations or sources, or raise maxBytes`);
      waiting.push({
        dueMs,
        port: senders.portFor(from, selected.to.address, ttl),
        to: zoned(selected.to),
        data: Buffer.from(selected.data),
      });
    }
  }
  skips.add(reader.skipped);
  return waiting;
}

function isSender({ address, port }: RecordedDatagram["from"]): boolean {
  return port !== 0 && !isMulticast(address) && address !== "255.255.255.255";
}

/** A destination of link scope needs its link, and the senders have one. */
function zoned({ address, port }: Destination): { address: string; port: number } {
  return { address: needsZone(address) && !address.includes("%") ? `${address}%${INTERFACE}` : address, port };
}

class Running implements MemoryReplay {
  readonly datagrams: number;
  readonly durationMs: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly #clock: Clock;
  readonly #waiting: readonly Waiting[];
  readonly #senders: MemorySenders;
  readonly #startMs: number;
  #sent = 0;
  #call: ScheduledCall | undefined;

  constructor(clock: Clock, waiting: readonly Waiting[], senders: MemorySenders, skipped: Readonly<Record<string, number>>) {
    this.datagrams = waiting.length;
    this.durationMs = (waiting.at(-1)?.dueMs ?? 0) - (waiting[0]?.dueMs ?? 0);
    this.skipped = skipped;
    this.#clock = clock;
    this.#waiting = waiting;
    this.#senders = senders;
    this.#startMs = clock.nowMs() - (waiting[0]?.dueMs ?? 0);
    this.#schedule();
  }

  get sent(): number {
    return this.#sent;
  }

  async stop(): Promise<void> {
    this.#call?.cancel();
    await this.#senders.stop();
  }

  #schedule(): void {
    const next = this.#waiting[this.#sent];
    if (next === undefined) return;
    this.#call = this.#clock.schedule(this.#startMs + next.dueMs - this.#clock.nowMs(), () => {
      next.port.write(next.data, next.to);
      this.#sent++;
      this.#schedule();
    });
  }
}

/** Hosts with the addresses of the recorded senders, and their ports. */
class MemorySenders {
  readonly #network: MemoryNetwork<Clock>;
  readonly #switch: MemorySwitch | string;
  readonly #reactors = new Map<string, Reactor>();
  readonly #ports = new Map<string, MulticastPort>();

  constructor(network: MemoryNetwork<Clock>, to: MemorySwitch | string) {
    this.#network = network;
    this.#switch = to;
  }

  /** Returns the port of a sender; the TTL of its first datagram is that of all. */
  portFor(from: Destination, to: string, ttl: number): MulticastPort {
    const key = `${from.address} ${from.port} ${familyOf(to)}`;
    const known = this.#ports.get(key);
    if (known !== undefined) return known;
    const hops = Math.max(1, ttl);
    const isOfHost = isAddressOfHost(from.address) && familyOf(from.address) === familyOf(to);
    const local = isLinkLocal(from.address) ? `${from.address}%${INTERFACE}` : from.address;
    const port = this.#reactorOf(isOfHost ? from.address : undefined).listenMulticast(
      isOfHost ? from.port : 0,
      { datagramReceived: () => {} },
      { interface: isOfHost ? local : familyOf(to) === 6 ? "::" : "0.0.0.0", listenMultiple: isOfHost, ttl: hops, unicastTTL: hops },
    );
    if (familyOf(to) === 4) port.setBroadcastAllowed(true);
    this.#ports.set(key, port);
    return port;
  }

  async stop(): Promise<void> {
    for (const reactor of this.#reactors.values()) await reactor.stop();
  }

  #reactorOf(address: string | undefined): Reactor {
    const backend = address === undefined ? this.#standIn() : (this.#ownerOf(address) ?? this.#newHost(address));
    const known = this.#reactors.get(backend.hostName);
    if (known !== undefined) return known;
    const reactor = new Reactor({ backend, clock: this.#network.clock });
    this.#reactors.set(backend.hostName, reactor);
    return reactor;
  }

  #ownerOf(address: string): MemoryHost | undefined {
    return this.#network.hosts.find(({ network }) => {
      const interfaces = network.interfaces();
      return typeof interfaces === "object" && interfaces.some(({ addresses }) => addresses.some((own) => own.address === address));
    });
  }

  #standIn(): MemoryHost {
    const known = this.#network.hosts.find(({ hostName }) => hostName === STAND_IN);
    return known ?? this.#network.host(STAND_IN, { switch: this.#switch });
  }

  /** Every destination is on the link of a sender: a recording does not say what its routes were. */
  #newHost(address: string): MemoryHost {
    const host = this.#network.host(address, { switch: null });
    const bits = familyOf(address) === 4 ? 32 : isLinkLocal(address) ? 64 : 128;
    host.addInterface(INTERFACE, { switch: this.#switch, addresses: [`${address}/${bits}`] });
    for (const destination of ["0.0.0.0/0", "::/0"]) host.addRoute({ destination, interface: INTERFACE });
    return host;
  }
}

function isAddressOfHost(address: string): boolean {
  return !address.startsWith("127.") && !["0.0.0.0", "::", "::1"].includes(address);
}
