/** A bare socket as an {@link Endpoint}, and as itself. */
import assert from "node:assert/strict";
import {
  type Capability,
  type DatagramBackend,
  type DatagramBatch,
  type DatagramSocket,
  type Family,
  type NetworkInterface,
  type OptionName,
  type PacketOrigin,
  type ReadLimits,
  type Route,
  type SendBatch,
  type SocketAddress,
  type SocketObserver,
  socketAddress,
} from "@groupcast/backend";
import { addressesOf } from "./addresses-of.js";
import type { Arrived, Destination, Endpoint, EndpointOptions, EndpointSource, Loss, MakeEndpoints } from "./endpoint.js";
import { accepted, answered, Refusal } from "./refusal.js";
import { batchOf } from "./send-batch.js";

/** Limits that no contract reaches. */
export const WIDE: ReadLimits = { maxPacketBytes: 65_535, maxDatagrams: 1_024, maxBytes: 64 * 1024 * 1024 };

/** A failure of reading that concerns no single datagram. */
export interface ReadFailure {
  /** Negative errno. */
  readonly errno: number;
  /** System call that failed. */
  readonly operation: string;
}

/** A bare socket that records the calls of its observer. */
export class SocketEndpoint implements Endpoint, SocketObserver {
  /** The socket. */
  readonly socket: DatagramSocket;
  readonly #backend: DatagramBackend;
  readonly arrived: Arrived[] = [];
  readonly losses: Loss[] = [];
  readonly errors: readonly unknown[] = [];
  /** Failures of reading that were reported. */
  readonly failures: ReadFailure[] = [];
  /** Number of calls of `writable()`. */
  writableCount = 0;
  /** Number of calls of `received()`. */
  receivedCalls = 0;
  onArrival: () => void = () => {};
  /** Called with each batch, after its datagrams were put into {@link SocketEndpoint.arrived}. */
  onBatch: (batch: DatagramBatch) => void = () => {};
  /** Called with each `writable()`. */
  onWritable: () => void = () => {};
  onLoss: () => void = () => {};
  #limits: ReadLimits = WIDE;
  #isReading = false;

  /** Opens a socket, and does not bind it. @throws Refusal */
  constructor(backend: DatagramBackend, open: (observer: SocketObserver) => DatagramSocket | number) {
    const socket = open(this);
    if (typeof socket === "number") throw new Refusal(`opening a socket of ${backend.name}`, socket);
    this.socket = socket;
    this.#backend = backend;
  }

  /** Opens a socket, sets the options that come before bind, binds it and reads. @throws Refusal; nothing is left open then. */
  static listen(backend: DatagramBackend, family: Family, options: EndpointOptions = {}): SocketEndpoint {
    const endpoint = new SocketEndpoint(backend, (observer) => backend.openSocket(family, observer));
    try {
      endpoint.#setUp(options);
      endpoint.bind(options.address ?? addressesOf(family).loopback, options.port ?? 0);
      endpoint.read({ ...WIDE, maxPacketBytes: options.maxPacketBytes ?? WIDE.maxPacketBytes });
    } catch (error) {
      endpoint.socket.close();
      throw error;
    }
    return endpoint;
  }

  get local(): SocketAddress {
    const local = this.socket.localAddress();
    if (typeof local === "number") throw new Refusal("localAddress()", local);
    return local;
  }

  get peer(): SocketAddress | undefined {
    return this.socket.peerAddress();
  }

  get lossCount(): number {
    return this.losses.length;
  }

  /** Binds the socket. */
  bind(address: string, port = 0): void {
    accepted(`binding to ${address} port ${port}`, this.socket.bind(socketAddress(address, port)));
  }

  /** Reads with these limits from now on. */
  read(limits: ReadLimits): void {
    this.#limits = limits;
    this.#isReading = true;
    accepted("startReading()", this.socket.startReading(limits));
  }

  /** Sets an option. */
  set(name: OptionName, value: number): void {
    accepted(`setting ${name} to ${value}`, this.socket.setOption(name, value));
  }

  /** Returns the value of an option. */
  get(name: OptionName): number {
    return accepted(`getting ${name}`, this.socket.getOption(name));
  }

  write(bytes: Uint8Array | string, to?: Destination, via?: PacketOrigin | "all"): void {
    if (via === "all") assert.fail("a bare socket sends by one interface: the contract is for ports");
    accepted("send()", this.socket.send(batchOf([{ bytes, to, via }]), 0, 1));
  }

  /** Sends a whole batch by the rules of `send()`: continues after the datagrams that were taken, and past each that was refused. Returns those. */
  sendAll(batch: SendBatch): Loss[] {
    const refused: Loss[] = [];
    for (let next = 0; next < batch.to.length; ) {
      const outcome = this.socket.send(batch, next, batch.to.length);
      if (outcome <= 0) refused.push({ errno: outcome, peer: batch.to[next] });
      next += Math.max(1, outcome);
    }
    return refused;
  }

  connect({ address, port }: Destination): void {
    accepted("connect()", this.socket.connect(socketAddress(address, port)));
  }

  disconnect(): void {
    accepted("disconnect()", this.socket.disconnect());
  }

  join(group: string, at: NetworkInterface | undefined, source?: string): void {
    accepted(`joining ${group}`, this.socket.join(group, at, source));
  }

  joinWhenAvailable(group: string, at: NetworkInterface | undefined): void {
    this.join(group, at);
  }

  leave(group: string, at: NetworkInterface | undefined, source?: string): void {
    accepted(`leaving ${group}`, this.socket.leave(group, at, source));
  }

  block(group: string, at: NetworkInterface, source: string): void {
    accepted(`blocking ${source}`, this.socket.blockSource(group, at, source));
  }

  unblock(group: string, at: NetworkInterface, source: string): void {
    accepted(`unblocking ${source}`, this.socket.unblockSource(group, at, source));
  }

  setOutgoing(at: NetworkInterface): void {
    accepted(`sending multicast by ${at.name}`, this.socket.setMulticastInterface(at));
  }

  setMulticastTtl(hops: number): void {
    this.set("multicastTtl", hops);
  }

  setMulticastLoopback(isOn: boolean): void {
    this.set("multicastLoopback", isOn ? 1 : 0);
  }

  setBroadcast(isOn: boolean): void {
    this.set("broadcast", isOn ? 1 : 0);
  }

  setUnicastTtl(hops: number): void {
    this.set("unicastTtl", hops);
  }

  setTrafficClass(value: number): number {
    this.set("trafficClass", value);
    return this.get("trafficClass");
  }

  resizeReceiveBuffer(bytes: number): number {
    this.set("receiveBufferBytes", bytes);
    return this.get("receiveBufferBytes");
  }

  bindTo(at: NetworkInterface): void {
    this.set("bindToInterface", at.index);
  }

  routeTo(address: string): Route {
    return answered(this.#backend.network.routeTo(address, undefined));
  }

  pause(): void {
    this.#isReading = false;
    this.socket.stopReading();
  }

  resume(): void {
    this.read(this.#limits);
  }

  async close(): Promise<void> {
    this.#isReading = false;
    this.socket.close();
  }

  received(batch: DatagramBatch): void {
    this.receivedCalls += 1;
    for (let index = 0; index < batch.length; index++) {
      this.arrived.push({ bytes: batch.copy(index), from: batch.from(index), arrival: batch.arrival(index) });
      if (this.#isReading) this.onArrival();
    }
    this.onBatch(batch);
  }

  writable(): void {
    this.writableCount += 1;
    this.onWritable();
  }

  sendFailed(errno: number, peer: SocketAddress | undefined): void {
    this.losses.push({ errno, peer });
    this.onLoss();
  }

  failed(errno: number, operation: string): void {
    this.failures.push({ errno, operation });
  }

  #setUp({ reuseAddress, reusePort, ipv6Only, receiveBufferBytes }: EndpointOptions): void {
    if (reuseAddress !== undefined) this.set("reuseAddress", Number(reuseAddress));
    if (reusePort !== undefined) this.set("reusePort", Number(reusePort));
    if (ipv6Only !== undefined) this.set("ipv6Only", Number(ipv6Only));
    if (receiveBufferBytes !== undefined) this.set("receiveBufferBytes", receiveBufferBytes);
  }
}

/** Options that add fields to an arrival. */
const ARRIVAL_OPTIONS = ["receivePacketInfo", "receiveTtl", "receiveTimestamp", "receiveDropCount"] as const;

/** Opens bare sockets. Like a reactor, it turns on every field of an arrival, and lets in a socket's own groups only. */
export const bareEndpoints: MakeEndpoints = (backend, family): EndpointSource => {
  const opened: SocketEndpoint[] = [];
  const can = (capability: Capability): boolean => backend.capabilities.has(capability);
  return {
    open(options) {
      const endpoint = SocketEndpoint.listen(backend, family, options);
      opened.push(endpoint);
      for (const name of ARRIVAL_OPTIONS) if (can(`set ${name}`)) endpoint.set(name, 1);
      if (can("set multicastAll")) endpoint.set("multicastAll", 0);
      return endpoint;
    },
    async close() {
      for (const endpoint of opened) await endpoint.close();
    },
  };
};
