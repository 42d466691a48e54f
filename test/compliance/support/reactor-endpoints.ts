// The ports of a reactor as endpoints of contracts: what a bare socket promises, a port promises, too.

import type { Family, NetworkInterface, PacketOrigin, Route, SocketAddress } from "@groupcast/backend";
import {
  type Arrived,
  addressesOf,
  type Destination,
  type Endpoint,
  type EndpointOptions,
  type Loss,
  type MakeEndpoints,
  type TrialClock,
} from "@groupcast/backend-compliance";
import { ERRNO } from "@groupcast/base";
import { type Arrival, DatagramProtocol, type MulticastPort, type Network, Reactor, type WriteOptions } from "@groupcast/reactor";

const CLOSING_DEADLINE_MS = 2_000; // twice the time that a port waits for the network to take what was written
const SILENT = { info() {}, warn() {}, error() {} };

/** Every endpoint is a multicast port of one reactor, which runs on the clock of the lab. */
export const reactorEndpoints: MakeEndpoints = (backend, family, clock) => {
  const reactor = new Reactor({ backend, clock, logger: SILENT });
  reactor.on("error", () => {}); // the port's own listener keeps it
  return {
    open: (options) => new PortEndpoint({ reactor, family, clock }, options),
    close: () => closed(clock, reactor.stop()),
  };
};

class Recorder extends DatagramProtocol {
  readonly arrived: Arrived[] = [];
  readonly losses: Loss[] = [];
  onArrival: () => void = () => {};
  onLoss: () => void = () => {};

  override datagramReceived(bytes: Buffer, from: SocketAddress, arrival?: Arrival): void {
    this.arrived.push({ bytes, from, arrival: arrival as Arrival });
    this.onArrival();
  }

  override connectionRefused(): void {
    this.lose(ERRNO.ECONNREFUSED, this.transport.getPeer());
  }

  lose(errno: number, peer: SocketAddress | undefined): void {
    this.losses.push({ errno, peer });
    this.onLoss();
  }
}

/** What a port stands on. */
interface Ground {
  readonly reactor: Reactor;
  readonly family: Family;
  readonly clock: TrialClock;
}

class PortEndpoint implements Endpoint {
  readonly errors: unknown[] = [];
  readonly #recorder = new Recorder();
  readonly #port: MulticastPort;
  readonly #network: Network;
  readonly #clock: TrialClock;

  constructor({ reactor, family, clock }: Ground, options: EndpointOptions) {
    const { address = addressesOf(family).loopback, port = 0, maxPacketBytes, opening, ...others } = options;
    const { group, at, multicastOnly } = opening ?? {};
    this.#clock = clock;
    this.#network = reactor.network;
    this.#port = reactor.listenMulticast(port, this.#recorder, {
      ...others,
      ...(opening === undefined ? { interface: address } : { group, multicastOnly, outgoingInterface: at }),
      ...(maxPacketBytes !== undefined && { maxPacketSize: maxPacketBytes }),
      arrival: true,
    });
    this.#port.on("error", (error) => this.errors.push(error));
    this.#port.on("sendFailed", ({ error, to }) => this.#recorder.lose(error.errno, to));
    this.#port.on("refused", ({ peer }) => this.#recorder.lose(ERRNO.ECONNREFUSED, peer));
  }

  get local(): SocketAddress {
    return this.#port.getHost();
  }

  get peer(): SocketAddress | undefined {
    return this.#port.getPeer();
  }

  get arrived(): Arrived[] {
    return this.#recorder.arrived;
  }

  get losses(): Loss[] {
    return this.#recorder.losses;
  }

  get lossCount(): number {
    return this.#port.statistics().sendFailed;
  }

  set onArrival(listener: () => void) {
    this.#recorder.onArrival = listener;
  }

  set onLoss(listener: () => void) {
    this.#recorder.onLoss = listener;
  }

  write(bytes: Uint8Array | string, to?: Destination, via?: PacketOrigin | "all"): void {
    if (!this.#port.write(bytes, to, via && optionsOf(via)))
      throw new Error("The send queue is full, and a contract writes less than that");
  }

  connect({ address, port }: Destination): void {
    this.#port.connect(address, port);
  }

  disconnect(): void {
    this.#port.disconnect();
  }

  join(group: string, at: NetworkInterface | undefined, source?: string): void {
    this.#port.joinGroup(group, at, { whenAvailable: false, ...(source !== undefined && { source }) });
  }

  joinWhenAvailable(group: string, at: NetworkInterface | undefined): void {
    this.#port.joinGroup(group, at);
  }

  leave(group: string, at: NetworkInterface | undefined, source?: string): void {
    this.#port.leaveGroup(group, at, source === undefined ? {} : { source });
  }

  block(group: string, at: NetworkInterface, source: string): void {
    this.#port.blockSource(group, source, at);
  }

  unblock(group: string, at: NetworkInterface, source: string): void {
    this.#port.unblockSource(group, source, at);
  }

  setOutgoing(at: NetworkInterface): void {
    this.#port.setOutgoingInterface(at);
  }

  setMulticastTtl(hops: number): void {
    this.#port.setTTL(hops);
  }

  setMulticastLoopback(isOn: boolean): void {
    this.#port.setLoopbackMode(isOn);
  }

  setBroadcast(isOn: boolean): void {
    this.#port.setBroadcastAllowed(isOn);
  }

  setUnicastTtl(hops: number): void {
    this.#port.setUnicastTTL(hops);
  }

  setTrafficClass(value: number): number | undefined {
    this.#port.setTrafficClass(value);
    return this.#port.getTrafficClass();
  }

  resizeReceiveBuffer(bytes: number): number | undefined {
    this.#port.setReceiveBufferBytes(bytes);
    return this.#port.getReceiveBufferBytes();
  }

  bindTo(at: NetworkInterface): void {
    this.#port.setBindToInterface(at.name);
  }

  routeTo(address: string): Route | undefined {
    return this.#network.routeTo(address);
  }

  pause(): void {
    this.#port.pauseReading();
  }

  resume(): void {
    this.#port.resumeReading();
  }

  close(): Promise<void> {
    return closed(this.#clock, this.#port.stopListening());
  }
}

function optionsOf(via: PacketOrigin | "all"): WriteOptions {
  if (via === "all") return { interface: via };
  const { interfaceIndex, source } = via;
  return { ...(interfaceIndex !== 0 && { interface: interfaceIndex }), ...(source !== undefined && { source }) };
}

/** Waits for a port or a reactor to stop, moving the clock: it may wait for the network to take what was written. */
async function closed(clock: TrialClock, stopped: Promise<void>): Promise<void> {
  let isClosed = false;
  const settled = stopped.then(() => {
    isClosed = true;
  });
  await clock.until(() => isClosed, CLOSING_DEADLINE_MS);
  await settled;
}
