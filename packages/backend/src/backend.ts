/**
 * The waist: everything the reactor asks of a network, and everything a network tells the reactor.
 *
 * Rules that every backend keeps:
 * - Synchronous. A call has had its effect when it returns; only {@link SocketObserver} speaks later.
 * - Numbers, not errors. A call that can fail returns an {@link Outcome}: 0 or more when it succeeded, a negative errno
 *   (libuv's sign) when the OS refused. A backend throws only when it is asked for something outside its capabilities.
 * - No policy. Arguments are valid when they arrive; names are resolved, ranges checked, queues, budgets, memberships and
 *   isolation kept above.
 * - Nothing is delivered inside a call into the socket, and nothing at all after `close()`.
 */
import type { Capability } from "./capabilities.js";
import type { Family } from "./ip-facts.js";
import type { NetworkInterface, Route } from "./network-interface.js";
import type { OptionName } from "./option-table.js";
import type { SocketAddress } from "./socket-address.js";

/** 0 or more: success. Less than 0: an errno with libuv's sign, such as -98 for `EADDRINUSE` on Linux. */
export type Outcome = number;

/** A network that sockets can be opened on. */
export interface DatagramBackend {
  readonly name: string; // "native" | "dgram" | "memory" | a third party's
  readonly reason: string; // why this backend is in use, as one sentence for people
  readonly capabilities: ReadonlySet<Capability>;
  readonly network: BackendNetwork;
  openSocket(family: Family, observer: SocketObserver): DatagramSocket | Outcome;
  /** Duplicates `fd`; the caller keeps, and closes, its own. Options, binding and peer of the descriptor stay as they are.
   * `family` is what the caller knows of it, for backends that cannot find out. */
  adoptSocket(fd: number, observer: SocketObserver, family?: Family): DatagramSocket | Outcome;
}

/** One UDP socket: opened, bound once, closed once. Idle until {@link DatagramSocket.startReading}. */
export interface DatagramSocket {
  readonly family: Family;
  bind(local: SocketAddress): Outcome;
  connect(peer: SocketAddress): Outcome;
  disconnect(): Outcome;
  localAddress(): SocketAddress | Outcome;
  peerAddress(): SocketAddress | undefined;

  /**
   * Sends datagrams `from` … `to - 1` of `batch`, in order, as far as the network takes them at once.
   * Returns how many were taken. When the first was not, returns its errno; `-EAGAIN` promises a later `writable()`.
   * What is taken is copied: the caller may reuse `batch` when the call returns.
   */
  send(batch: SendBatch, from: number, to: number): Outcome;
  startReading(limits: ReadLimits): Outcome;
  stopReading(): void;

  setOption(name: OptionName, value: number): Outcome;
  getOption(name: OptionName): Outcome;
  /** `at` undefined, here and in join and leave: the interface that the kernel's route to the group names. */
  setMulticastInterface(at: NetworkInterface | undefined): Outcome;
  join(group: string, at: NetworkInterface | undefined, source: string | undefined): Outcome;
  leave(group: string, at: NetworkInterface | undefined, source: string | undefined): Outcome;
  blockSource(group: string, at: NetworkInterface, source: string): Outcome;
  unblockSource(group: string, at: NetworkInterface, source: string): Outcome;

  /** Whether the open socket keeps the process alive. Sockets start referenced. */
  ref(): void;
  unref(): void;
  close(): void;
}

/** What a socket tells its owner. Called from the event loop, never from inside a call into the socket. */
export interface SocketObserver {
  /** The batch is valid during the call. At most one call per wake-up of the socket. */
  received(batch: DatagramBatch): void;
  /** A send that was refused with `-EAGAIN` may be tried again. */
  writable(): void;
  /** A datagram that was taken is known to be lost: the OS refused it late, or an ICMP error came back from `peer`. */
  sendFailed(errno: number, peer: SocketAddress | undefined): void;
  /** Reading failed for a reason that concerns no single datagram; the socket stays open. */
  failed(errno: number, operation: string): void;
}

/** How much one wake-up of a socket may deliver, so that timers and other sockets get their turn. */
export interface ReadLimits {
  readonly maxPacketBytes: number; // longer datagrams are cut to this and flagged
  readonly maxDatagrams: number; // wake-up ends at or soon after this many
  readonly maxBytes: number; // wake-up ends at or soon after this many
}

/** Received datagrams, in order of arrival. Indices run from 0 to `length - 1`. */
export interface DatagramBatch {
  readonly length: number;
  lengthBytes(index: number): number;
  /** The bytes where they lie: valid until the call that delivered the batch returns. */
  view(index: number): Buffer;
  /** The bytes as a Buffer of the caller's own. */
  copy(index: number): Buffer;
  from(index: number): SocketAddress;
  truncated(index: number): boolean;
  /** What was asked for with the `receive…` options; each field absent where it was not, or where the OS did not say. */
  arrival(index: number): Arrival;
  /** {@link Arrival.destination} and {@link Arrival.interfaceIndex} without making an object; "" and 0 where unknown. */
  destination(index: number): string;
  interfaceIndex(index: number): number;
}

/** What is known about a received datagram besides its bytes and its sender. Each field is absent where it is not known. */
export interface Arrival {
  /** IP literal that the datagram was sent to: a group, a broadcast address or a local address. */
  readonly destination?: string;
  /** Name of the interface that the datagram came in by. */
  readonly interface?: string;
  /** Index of that interface. */
  readonly interfaceIndex?: number;
  /** TTL that was left on arrival, 0 … 255; on IPv6 the hop limit. */
  readonly ttl?: number;
  /** Time of arrival by the kernel's wall clock, in nanoseconds since 1970. */
  readonly timestampNs?: bigint;
  /** Number of datagrams that this socket lost to a full receive buffer before this one. */
  readonly kernelDrops?: number;
  /** Whether the datagram was longer than `maxPacketSize`, and was cut. */
  readonly truncated: boolean;
}

/** Datagrams to send: number `i` is `bytes[offsets[i] … offsets[i + 1])`, so equal-sized runs lie back to back. */
export interface SendBatch {
  readonly bytes: Buffer;
  readonly offsets: Int32Array;
  readonly to: readonly (SocketAddress | undefined)[]; // undefined: the connected peer
  readonly via: readonly (PacketOrigin | undefined)[]; // undefined: as the socket's options and the route say
}

/** Where one datagram leaves from (`IP_PKTINFO`, `IPV6_PKTINFO`). */
export interface PacketOrigin {
  readonly interfaceIndex: number; // 0: as routed
  readonly source: string | undefined; // a local IP literal
}

/** The interfaces and routes of the host. */
export interface BackendNetwork {
  interfaces(): readonly NetworkInterface[] | Outcome;
  /** The route a datagram to `address` would take (from `source`, if given). */
  routeTo(address: string, source: string | undefined): Route | Outcome;
  defaultRoute(family: Family): Route | undefined | Outcome;
  /** Calls `changed` after interfaces or their addresses changed, until the returned function is called. Does not keep the process alive. */
  watch(changed: () => void): (() => void) | Outcome;
}
