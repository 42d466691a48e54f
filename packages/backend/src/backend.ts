/**
 * The waist: all that the reactor asks of a network, and all that a network reports to the reactor.
 *
 * Rules that every backend keeps:
 * - Synchronous. A call has had its effect when it returns; only {@link SocketObserver} is called later.
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
import type { Steering } from "./steering.js";

/** Result of a call. 0 or more: success. Less than 0: an errno with libuv's sign, such as -98 for `EADDRINUSE` on Linux. */
export type Outcome = number;

/** A network that sockets can be opened on. */
export interface DatagramBackend {
  /** Name of the backend: `"native"`, `"dgram"`, `"memory"`, or a third party's. */
  readonly name: string;
  /** Reason for using this backend, as one sentence for people. */
  readonly reason: string;
  /** Features and options that this backend serves; fixed when it is made. */
  readonly capabilities: ReadonlySet<Capability>;
  /** Interfaces and routes of the host. */
  readonly network: BackendNetwork;
  /** Opens a UDP socket that is not bound yet. */
  openSocket(family: Family, observer: SocketObserver): DatagramSocket | Outcome;
  /**
   * Duplicates `fd`; the caller keeps, and closes, its own. Options, binding and peer of the descriptor stay as they are.
   * `family` is the family that the caller knows, for backends that cannot find out.
   */
  adoptSocket(fd: number, observer: SocketObserver, family?: Family): DatagramSocket | Outcome;
}

/** One UDP socket: opened, bound once, closed once. Idle until {@link DatagramSocket.startReading}. */
export interface DatagramSocket {
  /** IP version. */
  readonly family: Family;
  /** Binds to `local`, once (`bind(2)`); port 0: any free one. */
  bind(local: SocketAddress): Outcome;
  /** Fixes the peer: only its datagrams arrive, and sends need no destination (`connect(2)`). */
  connect(peer: SocketAddress): Outcome;
  /** Undoes `connect`. */
  disconnect(): Outcome;
  /** Returns the address the socket is bound to (`getsockname(2)`). */
  localAddress(): SocketAddress | Outcome;
  /** Returns the connected peer; undefined without one. */
  peerAddress(): SocketAddress | undefined;

  /**
   * Sends datagrams `from` … `to - 1` of `batch`, in order, as far as the network takes them at once.
   * Returns how many were taken. When the first was not, returns its errno; `-EAGAIN` promises a later `writable()`.
   * The datagrams taken are copied: the caller may reuse `batch` when the call returns.
   */
  send(batch: SendBatch, from: number, to: number): Outcome;
  /** Starts delivering to the observer, within `limits`. */
  startReading(limits: ReadLimits): Outcome;
  /** Stops delivering to the observer, until the next `startReading`. */
  stopReading(): void;

  /** Sets an option; `value` is in the unit that its row of the option table names, booleans as 0 or 1. */
  setOption(name: OptionName, value: number): Outcome;
  /** Returns the value of an option, in the same unit. */
  getOption(name: OptionName): Outcome;
  /**
   * Steers unicast to the sockets that share the number by `reusePort`, of which this bound one is one (`SO_ATTACH_REUSEPORT_CBPF`). It holds
   * for all of them, also for those bound later, until another steering replaces it. A socket number that does not exist leaves the choice to
   * the flow. When a socket closes, the last one takes its place.
   */
  steer(steering: Steering): Outcome;
  /** Sends multicast by `at`. Undefined, here and in join and leave: the interface that the kernel's route to the group names. */
  setMulticastInterface(at: NetworkInterface | undefined): Outcome;
  /** Joins `group` on `at`, for any sender or for `source` alone (`MCAST_JOIN_GROUP`, `MCAST_JOIN_SOURCE_GROUP`). */
  join(group: string, at: NetworkInterface | undefined, source: string | undefined): Outcome;
  /** Undoes one `join` with the same arguments. */
  leave(group: string, at: NetworkInterface | undefined, source: string | undefined): Outcome;
  /** Blocks `source` in a group that is joined for any sender (`MCAST_BLOCK_SOURCE`). */
  blockSource(group: string, at: NetworkInterface, source: string): Outcome;
  /** Undoes one `blockSource` with the same arguments. */
  unblockSource(group: string, at: NetworkInterface, source: string): Outcome;

  /** Makes the open socket keep the process alive, as it does at first. */
  ref(): void;
  /** Lets the process end while the socket is open. */
  unref(): void;
  /** Closes the socket; the observer is not called again. */
  close(): void;
}

/** Receiver of a socket's reports. Called from the event loop, never from inside a call into the socket. */
export interface SocketObserver {
  /** Datagrams have arrived. The batch is valid during the call. At most one call per wake-up of the socket. */
  received(batch: DatagramBatch): void;
  /** A send that was refused with `-EAGAIN` may be tried again. */
  writable(): void;
  /** A datagram that was taken is known to be lost: the OS refused it late, or an ICMP error came back from `peer`. */
  sendFailed(errno: number, peer: SocketAddress | undefined): void;
  /** Reading failed for a reason that concerns no single datagram; the socket stays open. */
  failed(errno: number, operation: string): void;
}

/** Bounds of one wake-up of a socket, so that timers and other sockets get their turn. */
export interface ReadLimits {
  /** Longest datagram in bytes; longer ones are cut to this and flagged. */
  readonly maxPacketBytes: number;
  /** Number of datagrams after which, or soon after which, the wake-up ends. */
  readonly maxDatagrams: number;
  /** Number of bytes after which, or soon after which, the wake-up ends. */
  readonly maxBytes: number;
}

/**
 * Received datagrams, in order of arrival. Indices run from 0 to `length - 1`; `length` is 0 once the call that delivered the batch is over.
 *
 * Methods throw InvalidArgumentError `ERR_ARGUMENT_RANGE`, or `ERR_ARGUMENT_TYPE`, for an index that the batch does not have, or a
 * place that the datagram does not have; those that read its bytes throw StateError `ERR_BATCH_DETACHED` once the program has transferred
 * the memory of a view, where that cannot be prevented.
 */
export interface DatagramBatch {
  /** Number of datagrams. */
  readonly length: number;
  /** Returns the length of a payload, in bytes. */
  lengthBytes(index: number): number;
  /** Returns a view of the bytes, without a copy: valid until the call that delivered the batch returns. */
  view(index: number): Buffer;
  /**
   * Returns the bytes as a Buffer of the caller's own.
   *
   * @param startBytes - Number of bytes to leave out, such as a header that was read from the view: 0 (the default) … the length.
   */
  copy(index: number, startBytes?: number): Buffer;
  /**
   * Returns the end of a run: datagrams from `first` up to the result, exclusive, come from one sender and begin with the same bytes, so
   * that a program looks up once whom they concern. A backend may end a run early.
   *
   * @param prefixBytes - Number of bytes that are the same: 0 … the length of datagram `first`.
   * @param leastBytes - Shortest length of a datagram of the run: `prefixBytes` (the default) … the length of datagram `first`.
   */
  runEnd(first: number, prefixBytes: number, leastBytes?: number): number;
  /** Returns 32 bits of a datagram in network byte order, as an unsigned number. @param offset - 0 … the length - 4. */
  uint32(index: number, offset: number): number;
  /** Returns the sender; frozen, and shared by its datagrams. */
  from(index: number): SocketAddress;
  /** Returns whether the datagram was cut to {@link ReadLimits.maxPacketBytes}. */
  truncated(index: number): boolean;
  /** Returns the facts asked for with the `receive…` options; a field is absent if not asked for, or not known to the OS. */
  arrival(index: number): Arrival;
  /** Returns {@link Arrival.destination} without making an object; `""` where unknown. */
  destination(index: number): string;
  /** Returns {@link Arrival.interfaceIndex} without making an object; 0 where unknown. */
  interfaceIndex(index: number): number;
}

/** Facts about a received datagram besides its bytes and its sender. A field is absent where its fact is not known. */
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
  /** Number of datagrams that this socket lost to a full receive buffer before this one. A lower bound: a merged run counts as one. */
  readonly kernelDrops?: number;
  /** Whether the datagram was longer than `maxPacketSize`, and was cut. */
  readonly truncated: boolean;
}

/** Datagrams to send: number `i` is `bytes[offsets[i] … offsets[i + 1])`, so equal-sized runs lie back to back. */
export interface SendBatch {
  /** Payloads, one behind another. */
  readonly bytes: Buffer;
  /** Start of each payload in `bytes`, then the end of the last one. */
  readonly offsets: Int32Array;
  /** Destination of each datagram; undefined: the connected peer. */
  readonly to: readonly (SocketAddress | undefined)[];
  /** Origin of each datagram; undefined: as the socket's options and the route say. */
  readonly via: readonly (PacketOrigin | undefined)[];
  /** Fate of each datagram whose sender waits for it; undefined: nobody waits. */
  readonly fates?: readonly (SendFate | undefined)[] | undefined;
}

/** Fate of one datagram. What `send` returns decides it, unless the backend learns it later and postpones it inside `send`. */
export interface SendFate {
  /**
   * Postpones the fate. The backend calls the function that this returns once, from the event loop: with 0 when the OS has taken the
   * datagram, or with the errno of its refusal, which it then does not report by {@link SocketObserver.sendFailed}.
   */
  postpone(): (outcome: Outcome) => void;
}

/** Interface and address that one datagram leaves from (`IP_PKTINFO`, `IPV6_PKTINFO`). */
export interface PacketOrigin {
  /** Index of the interface; 0: as routed. */
  readonly interfaceIndex: number;
  /** Local IP literal to send from; undefined: as routed. */
  readonly source: string | undefined;
}

/** The interfaces and routes of the host. */
export interface BackendNetwork {
  /** Returns every interface, up or down; without the capability `downInterfaces`, those that are up and have an address. */
  interfaces(): readonly NetworkInterface[] | Outcome;
  /** Returns the route that a datagram to `address` would take (from `source`, if given). */
  routeTo(address: string, source: string | undefined): Route | Outcome;
  /** Returns the default route; undefined without one. */
  defaultRoute(family: Family): Route | undefined | Outcome;
  /**
   * Calls `changed` after interfaces or their addresses changed, until the returned function is called. Does not keep the process alive.
   * `deleted`: indices of interfaces that were deleted, as far as the backend knows. One that is there again is another interface, which has
   * no memberships. `areAll`: whether no other was deleted; otherwise an interface with another MAC address is taken for another one.
   */
  watch(changed: (deleted?: readonly number[], areAll?: boolean) => void): (() => void) | Outcome;
}
