/** A port, as its protocol sees it. */

import type { SocketAddress } from "@groupcast/backend";
import type { Subscribable, SystemError } from "@groupcast/base";
import type { InterfaceSelector } from "./network/interface-selector.js";
import type { PortStatistics } from "./port-statistics.js";

/** Where a datagram goes; a `SocketAddress` is one. */
export interface Destination {
  /** IP literal, IPv6 with its zone where it needs one (`fe80::1%eth0`); on IPv4 also `"<broadcast>"`, which is 255.255.255.255. */
  readonly address: string;
  /** 1 … 65,535. */
  readonly port: number;
}

/** Where one datagram leaves from, whatever the port's options say (`IP_PKTINFO`). */
export interface WriteOptions {
  /** The interface to leave by. Default: as the port's options and the route say. */
  readonly interface?: InterfaceSelector;
  /** The local address to send from, an IP literal, such as `arrival.destination` of the datagram that is answered. */
  readonly source?: string;
}

/** Events of a port. Each listener is called from the event loop, never from inside a call into the port. */
export type PortEvents = {
  /** The port has closed; nothing follows. */
  closed: () => void;
  /** The send queue, which had refused a datagram, is empty again. */
  drain: () => void;
  /** A datagram was refused by the full send queue. */
  dropped: (drop: SendDrop) => void;
  /** A datagram that `write` took did not leave. */
  sendFailed: (failure: SendFailure) => void;
  /** Nobody listens at `peer`. Ports that are not connected only: a connected one hears `connectionRefused()`. */
  refused: (refusal: Refusal) => void;
  /** A membership was joined, lost, or waits for its interface. */
  membership: (change: MembershipChange) => void;
  /** User code threw, or reading failed. The port goes on. */
  error: (error: Error) => void;
};

/** A datagram that the full send queue refused. */
export interface SendDrop {
  /** Its destination; absent when it was to go to the peer of a connected port that has none any more. */
  readonly to: SocketAddress | undefined;
  /** Length of its payload, in bytes. */
  readonly lengthBytes: number;
}

/** A datagram that `write` took and that did not leave. */
export interface SendFailure {
  /** Why the network did not take it; `errnoName` has the reason. */
  readonly error: SystemError;
  /** Its destination; undefined where the OS did not say which datagram it was. */
  readonly to: SocketAddress | undefined;
}

/** The answer that nobody listens at a peer (ICMP port unreachable). */
export interface Refusal {
  /** The peer that answered; undefined where the OS did not say. */
  readonly peer: SocketAddress | undefined;
}

/** A bound UDP port. */
export interface UDPTransport extends Subscribable<PortEvents> {
  /**
   * Sends one datagram.
   *
   * Timing: queues and returns; sends when a burst is full or when the JavaScript that runs now has run. Delivers nothing meanwhile.
   * Ownership: `data` is copied, and may be changed as soon as this returns.
   *
   * @param data - Payload. 0 … 65,507 bytes on IPv4, 65,527 on IPv6 (RFC 768); a string is sent as UTF-8.
   * @param to - Destination; on a connected port nothing, or the peer.
   * @returns Whether it was queued; false when the send queue was full, which is counted and told by `dropped`. What the network refuses
   * later is counted and told by `sendFailed`, or by `connectionRefused()` and `refused`.
   * @throws InvalidArgumentError `ERR_ADDRESS_NOT_IP`, `ERR_ADDRESS_SCOPE`, `ERR_PORT_RANGE`, `ERR_FAMILY_MISMATCH`, `ERR_NO_DESTINATION`,
   * `ERR_DESTINATION_FIXED`, `ERR_ARGUMENT_TYPE`; for options also `ERR_INTERFACE_UNKNOWN`, `ERR_SOURCE_IS_MULTICAST`, `ERR_OPTION_UNKNOWN`.
   * @throws MessageLengthError `ERR_MESSAGE_TOO_LONG`. @throws StateError `ERR_CLOSED`.
   * @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION`: options on a backend without `sendPacketInfo` (dgram).
   */
  write(data: Uint8Array | string, to?: Destination, options?: WriteOptions): boolean;
  /** Sends `parts`, one behind another, as one datagram; otherwise as {@link UDPTransport.write}. */
  writeSequence(parts: readonly Uint8Array[], to?: Destination, options?: WriteOptions): boolean;
  /**
   * Fixes the peer: `write` needs no destination, and only the peer's datagrams arrive. A multicast group as peer only fixes the
   * destination: answers come from the members' own addresses and are let in.
   *
   * What was written before goes where it was meant to. Datagrams of others that the kernel had queued already still arrive.
   *
   * @param address - IP literal of the port's family. @param port - 1 … 65,535.
   * @throws InvalidArgumentError `ERR_ADDRESS_NOT_IP`, `ERR_ADDRESS_SCOPE`, `ERR_FAMILY_MISMATCH`, `ERR_PORT_RANGE`.
   * @throws StateError `ERR_ALREADY_CONNECTED`, `ERR_CLOSED`. @throws SystemError `ERR_CONNECT`; the port is then not connected.
   */
  connect(address: string, port: number): void;
  /** Undoes {@link UDPTransport.connect}. @throws StateError `ERR_NOT_CONNECTED`, `ERR_CLOSED`. @throws SystemError `ERR_CONNECT`. */
  disconnect(): void;
  /** The local address; after the port has closed, the one it had. */
  getHost(): SocketAddress;
  getPeer(): SocketAddress | undefined;
  /** Lets datagrams go to broadcast addresses (`SO_BROADCAST`). Off at first: they are then refused with EACCES. */
  setBroadcastAllowed(on: boolean): void;
  getBroadcastAllowed(): boolean;
  /**
   * Stops delivery at once, also in the middle of a batch. What arrives meanwhile waits in the kernel's receive buffer, or, on dgram, in
   * as much memory; what does not fit is lost, and counted where the backend can tell.
   */
  pauseReading(): void;
  /** Delivers again, from the event loop: first what was kept, in order. Does nothing on a port that is not paused. */
  resumeReading(): void;
  /** The counters as they are now; a copy. */
  statistics(): PortStatistics;
  /**
   * Stops the port: nothing more is delivered, and what was written still leaves, if the network takes it within a second.
   *
   * @returns A promise that settles when the socket is closed; the same one however often it is called. Never rejects.
   */
  stopListening(): Promise<void>;
  /** Whether the open port keeps the process alive; it does at first. */
  ref(): this;
  unref(): this;
}

/** What became of a wish to be a member. */
export interface Membership {
  readonly group: string;
  /** Name of the interface; of one that is waited for, the selector as it was given. */
  readonly interface: string;
  /** The one sender that is listened to; absent: any. */
  readonly source?: string;
  /** `joined`; `waiting` for an interface that has not been there yet; `lost` with an interface that was. */
  readonly state: "joined" | "waiting" | "lost";
}

/** A change of one membership. */
export interface MembershipChange {
  readonly membership: Membership;
  /** Why the OS refused a join that came late; it is tried again when the interfaces change. */
  readonly error?: SystemError;
}

/** How to join. */
export interface JoinOptions {
  /** Listen to this sender only (source-specific multicast, RFC 4607). */
  readonly source?: string;
  /** Wait for an interface that is not there. On by default; off, joinGroup throws instead. */
  readonly whenAvailable?: boolean;
}

/**
 * How the datagrams of other groups and interfaces are kept out: by the `kernel`, `filtered` by destination and arrival interface
 * above it, by being `bound` to the group's address, or not at all (`none`).
 */
export type Isolation = "kernel" | "filtered" | "bound" | "none";

/** A UDP port that can be a member of multicast groups. */
export interface MulticastTransport extends UDPTransport {
  /**
   * Becomes a member of `group` on an interface, or on all of them. A membership is desired state: it is joined when its interface is
   * there, and again when the interface comes back. Without an interface, the outgoing one is taken, else the one that the route to
   * the group names, else the first that carries multicast, else loopback. `"all"` is every interface that carries multicast, now and
   * later; one that cannot be joined is told by `membership`, and throws only where none could be.
   *
   * @param group - IP literal of the port's family, in 224.0.0.0/4 or ff00::/8. Its zone, if it has one, names the interface.
   * @throws InvalidArgumentError `ERR_NOT_MULTICAST`, `ERR_FAMILY_MISMATCH`, `ERR_SOURCE_IS_MULTICAST`, `ERR_ADDRESS_NOT_IP`,
   * `ERR_INTERFACE_UNKNOWN`: not even the name of an interface, `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`, `ERR_OPTION_UNKNOWN`.
   * @throws StateError `ERR_ALREADY_JOINED`: in any spelling, or for any source where one of them is joined, and the reverse; `ERR_CLOSED`.
   * @throws MulticastJoinError `ERR_JOIN`: the OS refused, or the interface is not there and `whenAvailable` is false.
   */
  joinGroup(group: string, on?: InterfaceSelector | "all", options?: JoinOptions): void;
  /**
   * Undoes one joinGroup. `on` may be another spelling of the same interface; `"all"` undoes a join on `"all"`, and nothing one without
   * an interface.
   *
   * @throws InvalidArgumentError as joinGroup. @throws StateError `ERR_NOT_JOINED`, `ERR_CLOSED`.
   * @throws SystemError `ERR_LEAVE`: the OS refused; the membership is forgotten all the same.
   */
  leaveGroup(group: string, on?: InterfaceSelector | "all", options?: { readonly source?: string }): void;
  /**
   * Shuts out one sender of a group that is joined for any source, also when it is joined again later.
   *
   * @throws InvalidArgumentError as joinGroup. @throws StateError `ERR_NOT_JOINED`, `ERR_ALREADY_BLOCKED`, `ERR_CLOSED`.
   * @throws SystemError `ERR_SOURCE_FILTER`; nothing is shut out then. @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION` on dgram.
   */
  blockSource(group: string, source: string, on?: InterfaceSelector | "all"): void;
  /** Undoes one blockSource. @throws StateError `ERR_NOT_JOINED`, `ERR_NOT_BLOCKED`, `ERR_CLOSED`; and as blockSource. */
  unblockSource(group: string, source: string, on?: InterfaceSelector | "all"): void;
  /** What this port is, or is to be, a member of; empty once it has closed. */
  readonly memberships: readonly Membership[];
  /**
   * How far multicast goes: 0 stays on this host, 1 (the default) on the link, more passes routers. IPv6: hop limit.
   *
   * With 0 and no chosen interface, IPv4 multicast leaves by loopback. Nothing leaves the host then, member or not; see docs/decisions.
   *
   * @param ttl - Hops, 0 … 255.
   * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`. @throws SystemError `ERR_SET_OPTION`. @throws StateError `ERR_CLOSED`.
   */
  setTTL(ttl: number): void;
  getTTL(): number;
  /** Whether members on this host receive what this port sends. They do at first. @throws as setTTL. */
  setLoopbackMode(on: boolean): void;
  getLoopbackMode(): boolean;
  /**
   * The interface that multicast leaves by; `"default"`: the one that the route names, which it is at first.
   *
   * @throws InvalidArgumentError `ERR_INTERFACE_UNKNOWN`; and as setTTL.
   */
  setOutgoingInterface(to: InterfaceSelector): void;
  /** Name of that interface; `"default"` while the route decides. */
  getOutgoingInterface(): string;
  /** What keeps the datagrams of others out of this port. */
  readonly isolation: Isolation;
}
