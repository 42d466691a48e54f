/** A UDP socket of a host in memory. */
import type {
  DatagramSocket,
  Family,
  NetworkInterface,
  OptionName,
  Outcome,
  ReadLimits,
  SendBatch,
  SocketAddress,
  SocketObserver,
  Steering,
} from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { ANY_4, ANY_6, type IpAddress } from "../address/ip-address.js";
import type { ParsedAddresses } from "../address/parsed-addresses.js";
import type { Wire } from "../clock/wire.js";
import { Endpoint } from "../host/endpoint.js";
import type { HostInterface } from "../host/host-interface.js";
import type { HostStack } from "../host/host-stack.js";
import type { InterfaceTable } from "../host/interface-table.js";
import type { PortTable } from "../host/port-table.js";
import type { Loss, ReceivingSocket } from "../host/receiving-socket.js";
import type { Packet } from "../network/packet.js";
import { localAddress } from "./local-address.js";
import { MembershipTable, type SourceChange } from "./membership-table.js";
import type { ReadSlab } from "./read-slab.js";
import { SocketOptions } from "./socket-options.js";
import { SocketReader } from "./socket-reader.js";
import { SocketSender } from "./socket-sender.js";

/** The host and the network that a socket is opened on. */
export interface SocketSetting {
  readonly stack: HostStack;
  readonly slab: ReadSlab;
  /** Keeps the process alive until the returned function is called. */
  readonly hold: () => () => void;
}

export class MemorySocket implements DatagramSocket, ReceivingSocket {
  readonly family: Family;
  readonly endpoint: Endpoint;
  readonly #ports: PortTable<ReceivingSocket>;
  readonly #lowestPort: number;
  readonly #interfaces: InterfaceTable;
  readonly #addresses: ParsedAddresses;
  readonly #wire: Wire;
  readonly #options: SocketOptions;
  readonly #memberships: MembershipTable;
  readonly #sender: SocketSender;
  readonly #reader: SocketReader;
  readonly #hold: () => () => void;
  #release: (() => void) | undefined;
  #isClosed = false;

  constructor(family: Family, observer: SocketObserver, { stack, slab, hold }: SocketSetting) {
    this.family = family;
    const { interfaces, routing, ports, output, limits } = stack;
    const { wire, topology, addresses, epochMs, nextPacketId } = stack.fabric;
    this.#ports = ports;
    this.#lowestPort = limits.lowestPort;
    this.#interfaces = interfaces;
    this.#addresses = addresses;
    this.#wire = wire;
    const options = new SocketOptions(family, limits);
    this.#options = options;
    this.#memberships = new MembershipTable({ interfaces, routing, limits }, family, options);
    const endpoint = new Endpoint(family, options, this.#memberships);
    this.endpoint = endpoint;
    this.#sender = new SocketSender({ endpoint, options, interfaces, routing, output, topology, addresses, nextPacketId });
    this.#reader = new SocketReader(wire, observer, { endpoint, options, slab, epochMs });
    this.#hold = hold;
    this.#release = hold();
  }

  bind(local: SocketAddress): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    if (this.family === 6 && this.endpoint.port !== 0) return ERRNO.EINVAL; // IPv4 checks the address first
    const written = this.#addresses.parse(local.address);
    const place = localAddress(this.#interfaces, written, { family: this.family, options: this.#options.values });
    if (typeof place === "number") return place;
    if (local.port !== 0 && local.port < this.#lowestPort) return ERRNO.EACCES;
    if (this.endpoint.port !== 0) return ERRNO.EINVAL;
    this.endpoint.assign(place.address, place.isOwn);
    if (place.interfaceIndex !== 0) this.#options.values.bindToInterface = place.interfaceIndex;
    const outcome = this.#claim(local.port);
    if (outcome < 0) this.endpoint.assign(this.family === 4 ? ANY_4 : ANY_6, false); // the interface stays, as on Linux
    return outcome;
  }

  connect(peer: SocketAddress): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    const outcome = this.endpoint.port === 0 ? this.#claim(0) : 0; // kept even if what follows fails: so does Linux
    if (outcome < 0) return outcome;
    const { address, zone } = this.#addresses.parse(peer.address);
    const unconnected = this.endpoint.state;
    if (!this.#bindToZone(address, zone)) return ERRNO.EINVAL;
    const route = this.#sender.route(peer.address);
    if (typeof route === "number") return route;
    if (route.kind === "broadcast" && this.#options.values.broadcast === 0) return ERRNO.EACCES;
    const socketAddress = this.endpoint.written(route.destination, peer.port, route.egress.name);
    this.endpoint.connect({ address: route.destination, port: peer.port, socketAddress }, route.source, unconnected);
    this.#sender.forgetRoutes();
    return 0;
  }

  /** Keeps port and interface, where Linux gives up a port that the caller did not choose, and SO_BINDTODEVICE (`__udp_disconnect`). */
  disconnect(): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    this.endpoint.disconnect();
    this.#sender.forgetRoutes();
    return 0;
  }

  localAddress(): SocketAddress | Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    const { endpoint } = this;
    const address = endpoint.isAny ? (endpoint.source ?? endpoint.local) : endpoint.local;
    const { bindToInterface } = this.#options.values; // what getsockname(2) makes the zone of
    return endpoint.written(address, endpoint.port, this.#interfaces.withIndex(bindToInterface)?.name);
  }

  peerAddress(): SocketAddress | undefined {
    return this.endpoint.peer?.socketAddress;
  }

  send(batch: SendBatch, from: number, to: number): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    if (this.endpoint.port === 0) {
      const outcome = this.#claim(0);
      if (outcome < 0) return outcome;
    }
    const outcome = this.#sender.send(batch, from, to);
    if (outcome === ERRNO.EAGAIN) this.#reader.promiseWritable(this.#writableInMs());
    return outcome;
  }

  startReading(limits: ReadLimits): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    this.#reader.start(limits);
    return 0;
  }

  stopReading(): void {
    this.#reader.stop();
  }

  setOption(name: OptionName, value: number): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    const outcome = this.#options.set(name, value, this.endpoint.port !== 0);
    if (name === "bindToInterface") this.endpoint.noteBinding(value);
    this.#sender.forgetRoutes();
    return outcome;
  }

  getOption(name: OptionName): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    return name === "kernelDrops" ? this.#reader.drops : this.#options.get(name);
  }

  steer(steering: Steering): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    return this.#ports.steer(this, steering);
  }

  setMulticastInterface(target: NetworkInterface | undefined): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    const egress = target === undefined ? undefined : this.#find(target);
    if (target !== undefined && egress === undefined) return this.family === 4 ? ERRNO.EADDRNOTAVAIL : ERRNO.ENODEV;
    const { bindToInterface } = this.#options.values;
    if (egress !== undefined && bindToInterface !== 0 && bindToInterface !== egress.index) return ERRNO.EINVAL;
    this.#sender.multicastInterface = egress;
    return 0;
  }

  join(group: string, target: NetworkInterface | undefined, source: string | undefined): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    return this.#memberships.join(this.#parse(group), this.#indexOf(target), this.#parsed(source));
  }

  leave(group: string, target: NetworkInterface | undefined, source: string | undefined): Outcome {
    if (source !== undefined) return this.#changeSource(group, target, { mode: "include", change: "delete", source: this.#parse(source) });
    if (this.#isClosed) return ERRNO.EBADF;
    return this.#memberships.leave(this.#parse(group), this.#indexOf(target));
  }

  blockSource(group: string, target: NetworkInterface, source: string): Outcome {
    return this.#changeSource(group, target, { mode: "exclude", change: "add", source: this.#parse(source) });
  }

  unblockSource(group: string, target: NetworkInterface, source: string): Outcome {
    return this.#changeSource(group, target, { mode: "exclude", change: "delete", source: this.#parse(source) });
  }

  ref(): void {
    if (!this.#isClosed) this.#release ??= this.#hold();
  }

  unref(): void {
    this.#release?.();
    this.#release = undefined;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.unref();
    this.#reader.close();
    this.#memberships.clear();
    if (this.endpoint.port !== 0) this.#ports.release(this);
  }

  receive(packet: Packet, ingress: HostInterface): boolean {
    return this.#reader.push(packet, ingress, this.#options.values.receiveBufferBytes);
  }

  /** ICMP errors reach a socket that asked for them, and, if they are fatal, one that is connected (`__udp4_lib_err`). */
  refuse({ errno, isFatal, answer, ingress }: Loss): boolean {
    const isAskedFor = this.#options.values.receiveErrors === 1;
    const { peer } = this.endpoint;
    if (!isAskedFor && !(isFatal && peer !== undefined)) return false;
    this.#reader.failSoon(errno, peer?.socketAddress ?? this.endpoint.written(answer.source, answer.sourcePort, ingress.name), isAskedFor);
    return true;
  }

  /**
   * Binds the socket to the interface of a peer that needs a zone, even if connecting then fails; groups fall back to the interface for
   * multicast. Returns false without an interface, or if the socket is bound to another one (`__ip6_datagram_connect`).
   */
  #bindToZone(address: IpAddress, zone: string | undefined): boolean {
    if (!address.needsZone) return true;
    const { values } = this.#options;
    const zoned = zone === undefined ? undefined : this.#interfaces.inZone(zone);
    if (zone !== undefined && values.bindToInterface !== 0 && zoned?.index !== values.bindToInterface) return false;
    if (zoned !== undefined) values.bindToInterface = zoned.index;
    else if (values.bindToInterface === 0 && address.kind === "multicast") values.bindToInterface = this.#sender.multicastIndex;
    return values.bindToInterface !== 0 || zone !== undefined; // the route to an unknown zone says what is wrong
  }

  #claim(port: number): Outcome {
    this.#sender.forgetRoutes();
    return this.#ports.claim(this, port);
  }

  #changeSource(group: string, target: NetworkInterface | undefined, change: SourceChange): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    return this.#memberships.changeSource(this.#parse(group), this.#indexOf(target), change);
  }

  #writableInMs(): number {
    const nowMs = this.#wire.nowMs();
    return this.#sender.sendBuffer.writableAtMs(nowMs, this.#options.values.sendBufferBytes) - nowMs;
  }

  /** Finds the interface by its index, or by name where the caller has none. */
  #find(target: NetworkInterface): HostInterface | undefined {
    return target.index === 0 ? this.#interfaces.named(target.name) : this.#interfaces.withIndex(target.index);
  }

  /** Returns undefined for "as routed". An interface that is gone keeps its index, so that a membership there can still be left. */
  #indexOf(target: NetworkInterface | undefined): number | undefined {
    return target === undefined ? undefined : (this.#find(target)?.index ?? target.index);
  }

  #parse(address: string): IpAddress {
    return this.#addresses.parse(address).address;
  }

  #parsed(address: string | undefined): IpAddress | undefined {
    return address === undefined ? undefined : this.#parse(address);
  }
}
