// Sockets of the native backend for tests straight on the waist, closed at the end of the test, with an observer that remembers.

import {
  BackendLoadError,
  type DatagramBackend,
  type DatagramSocket,
  type Family,
  type NetworkInterface,
  type OptionName,
  type Outcome,
  type SocketAddress,
  socketAddress,
} from "@groupcast/backend";
import { answered } from "@groupcast/backend-compliance";
import { NativeBackend } from "@groupcast/backend-native";
import { beforeEach } from "vitest";
import { type Probe, skipUnless } from "./probe.js";
import { accepted, batchOf, localOf, Recorder, WIDE } from "./socket-recorder.js";

export * from "./socket-recorder.js";

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

/** A socket and its observer. */
export interface End {
  readonly socket: DatagramSocket;
  readonly seen: Recorder;
}

/** Opens sockets on one backend and closes them all. */
export class NativeSockets implements Disposable {
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
    const found = answered(this.backend.network.interfaces()).find((each) => each.name === name);
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

/** Sends `datagrams` to one peer in one call. */
export function sendTo(socket: DatagramSocket, to: SocketAddress | undefined, ...datagrams: readonly (string | Buffer)[]): Outcome {
  const batch = batchOf(datagrams.map((bytes) => (to === undefined ? { bytes } : { bytes, to })));
  return socket.send(batch, 0, datagrams.length);
}

/** A port of loopback that was free a moment ago, so that nobody answers there. */
export function deadPeer(sockets: NativeSockets, address = "127.0.0.1"): SocketAddress {
  const { socket } = sockets.open(address.includes(":") ? 6 : 4);
  accepted(socket.bind(socketAddress(address, 0)));
  const peer = localOf(socket);
  socket.close();
  return peer;
}
