// Sockets of a network in memory, straight on the waist, with an observer that records every call.

import {
  type Arrival,
  type DatagramBatch,
  type DatagramSocket,
  type Family,
  formatEndpoint,
  type NetworkInterface,
  type OptionName,
  type PacketOrigin,
  type ReadLimits,
  type SendBatch,
  type SocketAddress,
  type SocketObserver,
  socketAddress,
} from "@groupcast/backend";
import { answered } from "@groupcast/backend-compliance";
import type { ManualClock, MemoryHost, MemoryNetwork } from "@groupcast/backend-memory";
import { errnoName } from "@groupcast/base";

export const LIMITS: ReadLimits = { maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 262_144 };

/** A datagram as it was received. */
export interface Received {
  readonly text: string;
  readonly from: string;
  readonly truncated: boolean;
  readonly arrival: Arrival;
  readonly atMs: number;
}

/** How a socket is opened. */
export interface ProbeOptions {
  readonly family?: Family;
  readonly address?: string; // default: every local one
  readonly port?: number; // default 5000
  readonly options?: Partial<Record<OptionName, number>>;
  readonly limits?: ReadLimits;
  readonly isIdle?: boolean; // not reading
}

/** An open socket, and the record of all calls that its observer got. */
export class SocketProbe implements SocketObserver {
  readonly socket: DatagramSocket;
  readonly datagrams: Received[] = [];
  readonly wakeUps: number[] = []; // datagrams of each
  readonly failures: string[] = [];
  writables = 0;
  onReceived: ((batch: DatagramBatch) => void) | undefined;
  readonly #nowMs: () => number;

  constructor(host: MemoryHost, family: Family, nowMs: () => number) {
    const socket = host.openSocket(family, this);
    if (typeof socket === "number") throw new Error(errnoName(socket));
    this.socket = socket;
    this.#nowMs = nowMs;
  }

  received(batch: DatagramBatch): void {
    this.wakeUps.push(batch.length);
    for (let index = 0; index < batch.length; index++) {
      const arrival = batch.arrival(index);
      const from = formatEndpoint(batch.from(index));
      this.datagrams.push({ text: batch.copy(index).toString(), from, truncated: batch.truncated(index), arrival, atMs: this.#nowMs() });
    }
    this.onReceived?.(batch);
  }

  writable(): void {
    this.writables += 1;
  }

  sendFailed(errno: number, peer: SocketAddress | undefined): void {
    this.failures.push(`${errnoName(errno)} ${peer === undefined ? "nobody" : formatEndpoint(peer)}`);
  }

  failed(errno: number, operation: string): void {
    this.failures.push(`${errnoName(errno)} ${operation}`);
  }

  /** What was received, as text. */
  get texts(): string[] {
    return this.datagrams.map(({ text }) => text);
  }

  /** Sends one datagram. @returns 1, or a negative errno. */
  send(text: string | Buffer, to?: { readonly address: string; readonly port: number }, via?: PacketOrigin): number {
    return this.socket.send(batchOf([text], to, via), 0, 1);
  }
}

/** Opens sockets on the hosts of a network. */
export class ProbeOpener {
  readonly network: MemoryNetwork;

  constructor(network: MemoryNetwork) {
    this.network = network;
  }

  get clock(): ManualClock {
    return this.network.clock;
  }

  /** Opens, sets the options, binds, and reads. */
  open(host: MemoryHost | string, { isIdle = false, limits = LIMITS, ...rest }: ProbeOptions = {}): SocketProbe {
    const { probe, outcome } = this.tryToBind(host, rest);
    if (outcome < 0) throw new Error(`bind: ${errnoName(outcome)}`);
    if (!isIdle) probe.socket.startReading(limits);
    return probe;
  }

  /** Opens, sets the options and binds. */
  tryToBind(
    host: MemoryHost | string,
    { family = 4, address, port = 5000, options = {} }: ProbeOptions,
  ): { probe: SocketProbe; outcome: number } {
    const probe = this.unbound(host, family, options);
    return { probe, outcome: probe.socket.bind(socketAddress(address ?? (family === 4 ? "0.0.0.0" : "::"), port)) };
  }

  /** Opens and sets the options. */
  unbound(host: MemoryHost | string, family: Family = 4, options: Partial<Record<OptionName, number>> = {}): SocketProbe {
    const on = typeof host === "string" ? this.network.host(host) : host;
    const probe = new SocketProbe(on, family, () => this.clock.nowMs());
    for (const [name, value] of Object.entries(options)) {
      const outcome = probe.socket.setOption(name as OptionName, value);
      if (outcome < 0) throw new Error(`${name}: ${errnoName(outcome)}`);
    }
    return probe;
  }

  /** Opens a socket that has joined `group` on `interfaceName`. */
  member(
    host: MemoryHost | string,
    group: string,
    { interfaceName = "eth0", ...options }: ProbeOptions & { interfaceName?: string } = {},
  ): SocketProbe {
    const probe = this.open(host, { family: group.includes(":") ? 6 : 4, ...options });
    const outcome = probe.socket.join(group, this.interface(host, interfaceName), undefined);
    if (outcome < 0) throw new Error(`join: ${errnoName(outcome)}`);
    return probe;
  }

  interface(host: MemoryHost | string, name = "eth0"): NetworkInterface {
    const on = typeof host === "string" ? this.network.host(host) : host;
    const found = answered(on.network.interfaces()).find((each) => each.name === name);
    if (found === undefined) throw new Error(`no interface ${name}`);
    return found;
  }

  /** Lets everything arrive that takes no time. */
  settle(): Promise<void> {
    return this.clock.advance(0);
  }
}

export function batchOf(texts: readonly (string | Buffer)[], to?: { address: string; port: number }, via?: PacketOrigin): SendBatch {
  const parts = texts.map((text) => Buffer.from(text));
  const offsets = new Int32Array(parts.length + 1);
  parts.forEach((part, index) => {
    offsets[index + 1] = offsets[index]! + part.length;
  });
  const destination = to === undefined ? undefined : socketAddress(to.address, to.port);
  return { bytes: Buffer.concat(parts), offsets, to: parts.map(() => destination), via: parts.map(() => via) };
}

/** An endpoint on the port that probes are bound to. */
export function at(address: string, port = 5000): SocketAddress {
  return socketAddress(address, port);
}

/** What an outcome is called: "EADDRINUSE", or the number where it is no error. */
export function named(outcome: unknown): unknown {
  return typeof outcome === "number" && outcome < 0 ? errnoName(outcome) : outcome;
}
