/** One end of an exchange: a bare socket or a port of a reactor, used in the same way. */
import type { Arrival, DatagramBackend, Family, NetworkInterface, PacketOrigin, Route, SocketAddress } from "@groupcast/backend";
import type { TrialClock } from "../site/trial-clock.js";

/** Kind of endpoint that a contract is put to: a bare socket of the waist, or a port of a reactor on top of it. */
export type Access = "bare" | "reactor";

/** How to open an {@link Endpoint}. */
export interface EndpointOptions {
  /** Local address to bind; default: loopback. */
  readonly address?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  readonly reuseAddress?: boolean;
  readonly reusePort?: boolean;
  readonly ipv6Only?: boolean;
  /** Default: longer than any datagram. */
  readonly maxPacketBytes?: number;
  readonly receiveBufferBytes?: number;
}

/** A datagram that was delivered. */
export interface Arrived {
  readonly bytes: Buffer;
  readonly from: SocketAddress;
  readonly arrival: Arrival;
}

/** A datagram that is known to be lost. */
export interface Loss {
  readonly errno: number;
  readonly peer: SocketAddress | undefined;
}

/** Where a datagram goes. */
export interface Destination {
  readonly address: string;
  readonly port: number;
}

/** Bound, and reading, from the start. What is refused at once is thrown. */
export interface Endpoint {
  readonly local: SocketAddress;
  readonly peer: SocketAddress | undefined;
  /** What was delivered, in order. */
  readonly arrived: Arrived[];
  /** What is known to be lost, in order. */
  readonly losses: Loss[];
  /** Number of losses that the endpoint counted. */
  readonly lossCount: number;
  /** Called after each datagram was put into {@link Endpoint.arrived}, from where the datagram was delivered. */
  onArrival: () => void;
  /** Called after each loss was put into {@link Endpoint.losses}. */
  onLoss: () => void;
  /** What user code threw, as it was reported. Of ports only: a bare socket's observer must not throw. */
  readonly errors: readonly unknown[];
  write(bytes: Uint8Array | string, to?: Destination, via?: PacketOrigin): void;
  connect(peer: Destination): void;
  disconnect(): void;
  join(group: string, at: NetworkInterface | undefined, source?: string): void;
  /** Joins, or lets a port wait until it can: a refusal for want of an interface is no error then. A bare socket just joins. */
  joinWhenAvailable(group: string, at: NetworkInterface | undefined): void;
  leave(group: string, at: NetworkInterface | undefined, source?: string): void;
  block(group: string, at: NetworkInterface, source: string): void;
  unblock(group: string, at: NetworkInterface, source: string): void;
  setOutgoing(at: NetworkInterface): void;
  setMulticastTtl(hops: number): void;
  setMulticastLoopback(isOn: boolean): void;
  setBroadcast(isOn: boolean): void;
  /** Returns the route to `address`; undefined where a port has none. @throws what was refused. */
  routeTo(address: string): Route | undefined;
  pause(): void;
  resume(): void;
  /** Settles when it is closed. */
  close(): Promise<void>;
}

/** Opens endpoints of one kind on one backend. */
export interface EndpointSource {
  /** @throws what was refused. */
  open(options: EndpointOptions): Endpoint;
  /** Settles when everything that it opened is closed. */
  close(): Promise<void>;
}

/** Makes an {@link EndpointSource}. */
export type MakeEndpoints = (backend: DatagramBackend, family: Family, clock: TrialClock) => EndpointSource;

/** The text of what was delivered. */
export function textsOf(endpoint: Endpoint): string[] {
  return endpoint.arrived.map(({ bytes }) => bytes.toString());
}
