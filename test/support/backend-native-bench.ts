// Sockets of the native backend for tests straight on the waist, closed at the end of the test, with an observer that remembers.
import {
  type Arrival,
  BackendLoadError,
  type DatagramBackend,
  type DatagramBatch,
  type DatagramSocket,
  type Family,
  type NetworkInterface,
  type OptionName,
  type Outcome,
  type PacketOrigin,
  type ReadLimits,
  type SendBatch,
  type SocketAddress,
  type SocketObserver,
  socketAddress,
} from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";
import { beforeEach } from "vitest";
import { type Probe, skipUnless } from "./probe.js";

const DEADLINE_MS = 5_000;

/** Limits that no test reaches by accident. */
export const WIDE: ReadLimits = { maxPacketBytes: 65_535, maxDatagrams: 1_000, maxBytes: 100_000_000 };

/** Whether the addon was built; a machine without a compiler has none. */
export const hasNativeAddon: Probe = async () => {
  try {
    NativeBackend.load();
    return { isAvailable: true, reason: "" };
  } catch (error) {
    if (!(error instanceof BackendLoadError)) throw error;
    return { isAvailable: false, reason: error.message };
  }
};

/** Skips each test of the file that calls it where there is no addon, or where one of `probes` fails. */
export function needAddonAnd(...probes: readonly Probe[]): void {
  beforeEach((context) => skipUnless(context, hasNativeAddon, ...probes));
}

/** One datagram, as it was delivered. */
export interface Received {
  readonly bytes: Buffer;
  readonly from: SocketAddress;
  readonly truncated: boolean;
  readonly arrival: Arrival;
}

/** Remembers what a socket tells, and lets a test wait for it. */
export class Recorder implements SocketObserver {
  readonly datagrams: Received[] = [];
  readonly batchLengths: number[] = [];
  readonly lost: { readonly errno: number; readonly peer: SocketAddress | undefined }[] = [];
  readonly failures: { readonly errno: number; readonly operation: string }[] = [];
  writableCount = 0;
  /** Called in the middle of each delivery, after the datagrams were remembered. */
  onReceived: (batch: DatagramBatch) => void = () => {};
  onSendFailed: () => void = () => {};
  readonly #waiters = new Set<() => void>();

  get texts(): string[] {
    return this.datagrams.map(({ bytes }) => bytes.toString());
  }

  received(batch: DatagramBatch): void {
    this.batchLengths.push(batch.length);
    for (let index = 0; index < batch.length; index++) {
      const [bytes, from, truncated, arrival] = [batch.copy(index), batch.from(index), batch.truncated(index), batch.arrival(index)];
      this.datagrams.push({ bytes, from, truncated, arrival });
    }
    this.onReceived(batch);
    this.#look();
  }

  writable(): void {
    this.writableCount += 1;
    this.#look();
  }

  sendFailed(errno: number, peer: SocketAddress | undefined): void {
    this.lost.push({ errno, peer });
    this.onSendFailed();
    this.#look();
  }

  failed(errno: number, operation: string): void {
    this.failures.push({ errno, operation });
    this.#look();
  }

  /** Waits for `count` datagrams in all. */
  arrivals(count: number): Promise<void> {
    return this.until(`${count} datagrams, not ${this.datagrams.length}`, () => this.datagrams.length >= count);
  }

  /** Waits for `count` lost datagrams in all. */
  losses(count: number): Promise<void> {
    return this.until(`${count} losses`, () => this.lost.length >= count);
  }

  until(what: string, isReached: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Waited ${DEADLINE_MS} ms in vain for ${what}`)), DEADLINE_MS);
      const look = (): void => {
        if (!isReached()) return;
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of this.#waiters) look();
  }
}

/** A socket and who hears of it. */
export interface End {
  readonly socket: DatagramSocket;
  readonly seen: Recorder;
}

/** Opens sockets on one backend and closes them all. */
export class NativeBench implements Disposable {
  readonly backend: DatagramBackend = NativeBackend.load();
  readonly #sockets: DatagramSocket[] = [];

  open(family: Family = 4): End {
    const seen = new Recorder();
    return { socket: this.#keep(this.backend.openSocket(family, seen)), seen };
  }

  adopt(fd: number): End {
    const seen = new Recorder();
    return { socket: this.#keep(this.backend.adoptSocket(fd, seen, undefined)), seen };
  }

  /** Opens, sets options, binds to a free port of `address`, and reads. */
  listen(address = "127.0.0.1", options: Partial<Record<OptionName, number>> = {}): End & { readonly local: SocketAddress } {
    const { socket, seen } = this.open(address.includes(":") ? 6 : 4);
    for (const [name, value] of Object.entries(options)) accepted(socket.setOption(name as OptionName, value));
    accepted(socket.bind(socketAddress(address, 0)));
    accepted(socket.startReading(WIDE));
    return { socket, seen, local: localOf(socket) };
  }

  /** An interface of this host. */
  interface(name: string): NetworkInterface {
    const found = this.backend.network.interfaces().find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no interface ${name}`);
    return found;
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close();
  }

  #keep(socket: DatagramSocket | Outcome): DatagramSocket {
    if (typeof socket === "number") throw new Error(`the socket was refused with ${socket}`);
    this.#sockets.push(socket);
    return socket;
  }
}

/** One datagram of a batch. */
export interface Outgoing {
  readonly bytes: string | Buffer;
  readonly to?: SocketAddress;
  readonly via?: PacketOrigin;
}

/** Puts datagrams back to back. */
export function batchOf(datagrams: readonly Outgoing[]): SendBatch {
  const parts = datagrams.map(({ bytes }) => (typeof bytes === "string" ? Buffer.from(bytes) : bytes));
  const offsets = new Int32Array(parts.length + 1);
  for (const [index, part] of parts.entries()) offsets[index + 1] = (offsets[index] as number) + part.length;
  return { bytes: Buffer.concat(parts), offsets, to: datagrams.map(({ to }) => to), via: datagrams.map(({ via }) => via) };
}

/** Sends `datagrams` to one peer in one call. */
export function sendTo(socket: DatagramSocket, to: SocketAddress | undefined, ...datagrams: readonly (string | Buffer)[]): Outcome {
  const batch = batchOf(datagrams.map((bytes) => (to === undefined ? { bytes } : { bytes, to })));
  return socket.send(batch, 0, datagrams.length);
}

export function localOf(socket: DatagramSocket): SocketAddress {
  const local = socket.localAddress();
  if (typeof local === "number") throw new Error(`localAddress() returned ${local}`);
  return local;
}

/** Lets a step of preparation fail loudly. */
export function accepted(outcome: Outcome): void {
  if (outcome < 0) throw new Error(`a step of preparation was refused with ${outcome}`);
}

/** A port of loopback that was free a moment ago, so that nobody answers there. */
export function deadPeer(bench: NativeBench, address = "127.0.0.1"): SocketAddress {
  const { socket } = bench.open(address.includes(":") ? 6 : 4);
  accepted(socket.bind(socketAddress(address, 0)));
  const peer = localOf(socket);
  socket.close();
  return peer;
}
