/** One end of an exchange: a bare socket or a port of a reactor, used in the same way. */
import type { Arrival, DatagramBackend, Family, NetworkInterface, PacketOrigin, Route, SocketAddress } from "@groupcast/backend";
import type { TrialClock } from "../site/trial-clock.js";

/** Kind of endpoint that a contract is put to: a bare socket of the waist, or a port of a reactor on top of it. */
export type Access = "bare" | "reactor";

/** Settings of an {@link Endpoint}. */
export interface EndpointOptions {
  /** Local address to bind; default: loopback. */
  readonly address?: string | undefined;
  /** Local port; default 0: any free one. */
  readonly port?: number | undefined;
  /** Whether to share the port with other sockets that set it, too (`SO_REUSEADDR`); default: the backend's. */
  readonly reuseAddress?: boolean | undefined;
  /** Whether to share the port, and spread its datagrams (`SO_REUSEPORT`); default: the backend's. */
  readonly reusePort?: boolean | undefined;
  /** Whether to leave the port's IPv4 half alone (`IPV6_V6ONLY`); default: the backend's. */
  readonly ipv6Only?: boolean | undefined;
  /** Length that longer datagrams are cut to, in bytes; default: longer than any datagram. */
  readonly maxPacketBytes?: number | undefined;
  /** Size of the receive buffer, in bytes; default: the system's. */
  readonly receiveBufferBytes?: number | undefined;
  /** Largest number of bytes that a port sends a second; default: no limit. Bare sockets have none. */
  readonly maxBytesPerSecond?: number | undefined;
  /** Group that a port joins as it opens; instead of {@link EndpointOptions.address}. Bare sockets join later. */
  readonly opening?: OpeningGroup | undefined;
}

/** Group that a port joins as it opens. */
export interface OpeningGroup {
  /** IP literal of the group. */
  readonly group: string;
  /** Interface to join on. */
  readonly at: NetworkInterface;
  /** Whether unicast is kept out. */
  readonly multicastOnly: boolean;
}

/** A datagram that was delivered. */
export interface Arrived {
  /** Its payload. */
  readonly bytes: Buffer;
  /** Its sender. */
  readonly from: SocketAddress;
  /** Its further facts. */
  readonly arrival: Arrival;
}

/** A datagram that was reported as lost. */
export interface Loss {
  /** Negative errno that the network gave. */
  readonly errno: number;
  /** Destination of the datagram; undefined where the network does not name it. */
  readonly peer: SocketAddress | undefined;
}

/** Destination of a datagram. */
export interface Destination {
  /** IP literal. */
  readonly address: string;
  /** Port number. */
  readonly port: number;
}

/** One end of an exchange. It is bound and reads from the start. Each method throws what is refused at once. */
export interface Endpoint {
  /** Address that it is bound to. */
  readonly local: SocketAddress;
  /** Peer that it is connected to; undefined while it is not connected. */
  readonly peer: SocketAddress | undefined;
  /** Datagrams that were delivered, in order. */
  readonly arrived: Arrived[];
  /** Datagrams that were reported as lost, in order. */
  readonly losses: Loss[];
  /** Number of losses that the endpoint counted. */
  readonly lossCount: number;
  /** Called after each datagram was put into {@link Endpoint.arrived}, from inside the delivery. */
  onArrival: () => void;
  /** Called after each loss was put into {@link Endpoint.losses}. */
  onLoss: () => void;
  /** Errors of user code that were reported. Of ports only: a bare socket's observer must not throw. */
  readonly errors: readonly unknown[];
  /**
   * Sends a datagram: to the connected peer without `to`, from the usual address and interface without `via`. `"all"`: a copy by each
   * interface that carries multicast; of ports only.
   */
  write(bytes: Uint8Array | string, to?: Destination, via?: PacketOrigin | "all"): void;
  /** Connects to a peer. */
  connect(peer: Destination): void;
  /** Ends the connection. */
  disconnect(): void;
  /** Joins a group; for one source if `source` is given. An interface that is undefined is left to the network. */
  join(group: string, at: NetworkInterface | undefined, source?: string): void;
  /** Joins a group as soon as there is an interface for it. A port waits for one; a bare socket joins now, or throws. */
  joinWhenAvailable(group: string, at: NetworkInterface | undefined): void;
  /** Leaves a group, or one source of it. */
  leave(group: string, at: NetworkInterface | undefined, source?: string): void;
  /** Drops datagrams of a source from now on. */
  block(group: string, at: NetworkInterface, source: string): void;
  /** Lets a blocked source in again. */
  unblock(group: string, at: NetworkInterface, source: string): void;
  /** Sends multicast by that interface from now on. A port waits for one that does not exist; a bare socket throws. */
  setOutgoing(at: NetworkInterface): void;
  /** Sets the TTL of multicast, 0 … 255; with IPv6 the hop limit. */
  setMulticastTtl(hops: number): void;
  /** Sets whether members on this host receive what is sent. */
  setMulticastLoopback(isOn: boolean): void;
  /** Allows broadcasts, or forbids them. */
  setBroadcast(isOn: boolean): void;
  /** Sets the TTL of unicast, 1 … 255; with IPv6 the hop limit. */
  setUnicastTtl(hops: number): void;
  /** Sets the traffic class, 0 … 255, and returns the one in force. */
  setTrafficClass(value: number): number | undefined;
  /** Asks for a size of the receive buffer, in bytes, and returns the one in force. */
  resizeReceiveBuffer(bytes: number): number | undefined;
  /** Sends and receives by that interface only. */
  bindTo(at: NetworkInterface): void;
  /** Returns the route to `address`; a port returns undefined where there is none. */
  routeTo(address: string): Route | undefined;
  /** Stops reading. */
  pause(): void;
  /** Reads again. */
  resume(): void;
  /** Closes the endpoint. Settles when it is closed. */
  close(): Promise<void>;
}

/** Opens endpoints of one kind on one backend. */
export interface EndpointSource {
  /** Opens an endpoint. @throws what was refused. */
  open(options: EndpointOptions): Endpoint;
  /** Closes every endpoint that it opened. Settles when they are closed. */
  close(): Promise<void>;
}

/** Makes an {@link EndpointSource} for one backend and one IP version. `clock` is the clock to wait with. */
export type MakeEndpoints = (backend: DatagramBackend, family: Family, clock: TrialClock) => EndpointSource;

/** Returns the texts of the datagrams that were delivered. */
export function textsOf(endpoint: Endpoint): string[] {
  return endpoint.arrived.map(({ bytes }) => bytes.toString());
}
