/** Ports, as their protocols see them. */

import type { SocketAddress } from "@groupcast/backend";
import type { Subscribable, SystemError } from "@groupcast/base";
import type { InterfaceSelector } from "./network/interface-selector.js";
import type { BufferGrant } from "./port-buffers.js";
import type { PortStatistics } from "./port-statistics.js";
import type { SendReceipt } from "./send-receipt.js";

/** Destination of a datagram; a `SocketAddress` is one. */
export interface Destination {
  /** IP literal, IPv6 with its zone where it needs one (`fe80::1%eth0`); on IPv4 also `"<broadcast>"`, which is 255.255.255.255. */
  readonly address: string;
  /** Port number, 1 … 65,535. */
  readonly port: number;
}

/** Origin of one datagram, whatever the port's options say (`IP_PKTINFO`). */
export interface WriteOptions {
  /**
   * Interface to leave by; on a port with `bindToInterface` that one alone. Default: as the port's options and the route say. `"all"`, to a
   * group: a copy by each interface that carries multicast, which is up and has an address; on IPv4 loopback is one of them. Each copy is a
   * separate datagram: it is counted, and `sendFailed` and `dropped` name its interface.
   */
  readonly interface?: InterfaceSelector | "all" | undefined;
  /** IP literal of the local address to send from, such as `arrival.destination` of the datagram that is answered. */
  readonly source?: string | undefined;
}

/** Events of a port. Each listener is called from the event loop, never from inside a call into the port. */
export type PortEvents = {
  /** The port has closed; nothing follows. */
  closed: () => void;
  /** The send queue, which had refused a datagram, is empty again. */
  drain: () => void;
  /** A datagram was refused by the full send queue. */
  dropped: (drop: SendDrop) => void;
  /** A datagram that `write` accepted was not sent. */
  sendFailed: (failure: SendFailure) => void;
  /**
   * No socket listens at `peer`. Only on ports that are not connected: on a connected one, the protocol's `connectionRefused()` is called.
   */
  refused: (refusal: Refusal) => void;
  /** A membership was joined, lost, or waits for its interface. */
  membership: (change: MembershipChange) => void;
  /** The outgoing interface of multicast became active, was lost, or is waited for. */
  outgoingInterface: (change: OutgoingInterfaceChange) => void;
  /** User code threw, or reading failed. The port continues. */
  error: (error: Error) => void;
};

/** A datagram that the full send queue refused. */
export interface SendDrop {
  /** Its destination; absent if it was for the peer of a connected port that has been disconnected. */
  readonly to: SocketAddress | undefined;
  /** Length of its payload, in bytes. */
  readonly lengthBytes: number;
  /** Name of the interface that it was to leave by; absent where the route decides. */
  readonly interface?: string;
}

/** A datagram that `write` took and that did not leave. */
export interface SendFailure {
  /** Error of the OS; `errnoName` has the reason, and `interface` the one that the datagram was to leave by where it named one. */
  readonly error: SystemError;
  /** Its destination; undefined where the OS did not say which datagram it was. */
  readonly to: SocketAddress | undefined;
}

/** An answer that no socket listens at a peer (ICMP port unreachable). */
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
   * @returns Whether it, and each copy, was queued; false when the send queue was full, which is counted and reported by `dropped`. A later refusal of the
   * network is counted and reported by `sendFailed`, or by `connectionRefused()` and `refused`.
   * @throws InvalidArgumentError `ERR_ADDRESS_NOT_IP`, `ERR_ADDRESS_SCOPE`, `ERR_PORT_RANGE`, `ERR_FAMILY_MISMATCH`, `ERR_NO_DESTINATION`,
   * `ERR_DESTINATION_FIXED`, `ERR_ARGUMENT_TYPE`; `ERR_INTERFACE_FIXED`: options, or the zone of the destination, name
   * another interface than the one that the port is bound to; for options also `ERR_INTERFACE_UNKNOWN`, `ERR_SOURCE_IS_MULTICAST`,
   * `ERR_OPTION_UNKNOWN`.
   * @throws MessageLengthError `ERR_MESSAGE_TOO_LONG`. @throws StateError `ERR_CLOSED`.
   * @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION`: options on a backend without `sendPacketInfo` (dgram).
   */
  write(data: Uint8Array | string, to?: Destination, options?: WriteOptions): boolean;
  /** Sends `parts`, one behind another, as one datagram; otherwise as {@link UDPTransport.write}. */
  writeSequence(parts: readonly Uint8Array[], to?: Destination, options?: WriteOptions): boolean;
  /**
   * Sends one datagram, in order with those of {@link UDPTransport.write}, and reports its own fate.
   *
   * Timing: queues as `write` does. Ownership: `data` is copied. A failure rejects the promise and is counted; it emits no event.
   *
   * @returns A promise that resolves when the OS has taken the datagram, which does not mean that it arrives, or when TTL and loopback mode
   * leave no receiver. It rejects with what `write` throws, InvalidArgumentError among it; with SystemError `ERR_SEND` or
   * MessageLengthError: the OS refused; with StateError `ERR_SEND_QUEUE_FULL`; with StateError `ERR_CLOSED`: the port stopped first.
   */
  send(data: Uint8Array | string, to?: Destination, options?: WriteOptions): Promise<void>;
  /**
   * Sends one datagram as {@link UDPTransport.send} does, and returns a receipt instead of a promise: a program can check the fates of many
   * datagrams after the burst has left; on dgram, where Node reports them later, in a later turn. A failure shows in the receipt and is
   * counted; it is no event.
   *
   * @throws InvalidArgumentError, MessageLengthError and StateError `ERR_CLOSED`, as {@link UDPTransport.write} does.
   */
  post(data: Uint8Array | string, to?: Destination): SendReceipt;
  /**
   * Sends the datagrams written in this turn before it returns, as far as the network takes them.
   *
   * @throws StateError `ERR_CLOSED`.
   */
  flush(): void;
  /**
   * Sends the datagrams written before in this turn, and holds back those written from now on until {@link UDPTransport.uncork},
   * {@link UDPTransport.flush}, or a full burst (64 datagrams, or 64 KiB): for programs that write datagrams in several turns that may leave
   * together. Datagrams are not merged, and calls do not nest. A port that stops sends the held datagrams.
   *
   * What has to send them first does so, and the port stays corked: `drained()`, `connect()`, `disconnect()`, and setters of how datagrams
   * leave. So does a reactor of which 16 other ports have datagrams to send: held ones occupy memory that its ports share.
   *
   * @throws StateError `ERR_CLOSED`.
   */
  cork(): void;
  /** Sends the held datagrams before it returns. @throws StateError `ERR_CLOSED`. */
  uncork(): void;
  /**
   * Waits until the send queue is empty: the OS has taken or refused all that was written before the call. On dgram, libuv may still hold
   * the last datagram.
   *
   * @returns A promise that rejects with StateError `ERR_CLOSED` when the port has stopped, or stops with datagrams left.
   */
  drained(): Promise<void>;
  /**
   * Fixes the peer: `write` needs no destination, and only the peer's datagrams arrive. A multicast group as peer only fixes the
   * destination: answers come from the members' own addresses and are let in.
   *
   * Datagrams written before keep their destinations; on dgram, those to others that still wait then are refused (`EISCONN`, a `sendFailed`
   * event): await drained() first. Datagrams of other senders that the kernel had queued already still arrive.
   *
   * @param address - IP literal of the port's family. @param port - 1 … 65,535.
   * @throws InvalidArgumentError `ERR_ADDRESS_NOT_IP`, `ERR_ADDRESS_SCOPE`, `ERR_FAMILY_MISMATCH`, `ERR_PORT_RANGE`, `ERR_INTERFACE_FIXED`.
   * @throws StateError `ERR_ALREADY_CONNECTED`, `ERR_CLOSED`. @throws SystemError `ERR_CONNECT`; the port is then not connected.
   */
  connect(address: string, port: number): void;
  /**
   * Undoes {@link UDPTransport.connect}. The port keeps its number, except an adopted one, whose number the system chose for another
   * program: on Linux another socket may then have taken it. It sends from no other port: `disconnect` and each `write` fail, with
   * `EADDRINUSE`, until a `disconnect` succeeds (native), or for good, with `EADDRNOTAVAIL` and `EBADF` (dgram).
   *
   * @throws StateError `ERR_NOT_CONNECTED`, `ERR_CLOSED`. @throws SystemError `ERR_CONNECT`.
   */
  disconnect(): void;
  /** Returns the local address; after the port has closed, the one it had. */
  getHost(): SocketAddress;
  /** Returns the peer that {@link UDPTransport.connect} fixed; undefined on a port that is not connected. */
  getPeer(): SocketAddress | undefined;
  /**
   * Allows datagrams to broadcast addresses (`SO_BROADCAST`), or forbids them. Forbidden at first: such datagrams are then refused with
   * `EACCES`, a `sendFailed` event.
   *
   * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`. @throws SystemError `ERR_SET_OPTION`. @throws StateError `ERR_CLOSED`.
   */
  setBroadcastAllowed(on: boolean): void;
  /** Returns whether datagrams may go to broadcast addresses. */
  getBroadcastAllowed(): boolean;
  /**
   * Sets the traffic class of datagrams sent from now on (`IP_TOS`, `IPV6_TCLASS`): DSCP in the upper six bits, ECN in the lower two
   * (RFC 2474, RFC 3168). Options of sending are the socket's, so datagrams that the network has not taken yet (`statistics().queued` after
   * the turn that wrote them) leave with the new value: if that matters, await `drained()` before the call.
   *
   * @param trafficClass - Byte, 0 … 255: DSCP 46 (expedited forwarding) is `46 << 2`.
   * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`. @throws SystemError `ERR_SET_OPTION`.
   * @throws UnsupportedError `ERR_UNSUPPORTED_OPTION` on dgram. @throws StateError `ERR_CLOSED`.
   */
  setTrafficClass(trafficClass: number): void;
  /** Returns the traffic class; on a closed port the one it had; undefined where the backend cannot read it (dgram). */
  getTrafficClass(): number | undefined;
  /**
   * Sets the TTL of unicast (`IP_TTL`; on IPv6 the hop limit, `IPV6_UNICAST_HOPS`): the number of routers that a datagram may pass, plus
   * one. That of multicast is set by `setTTL`. Datagrams that wait are as in setTrafficClass.
   *
   * @param ttl - Hops, 1 … 255. @throws as setTrafficClass; dgram has it.
   */
  setUnicastTTL(ttl: number): void;
  /** Returns the TTL of unicast; on a closed port the one it had; undefined where nobody set it and the backend cannot read it (dgram). */
  getUnicastTTL(): number | undefined;
  /**
   * Limits the bytes sent a second from now on: payload, and the headers of IP and UDP (28 bytes a datagram, 48 on an IPv6 port). Datagrams
   * in the send queue leave at the new rate; sent ones count at it. The option `maxBytesPerSecond` explains more.
   *
   * @param bytesPerSecond - 1 or more; undefined: no limit.
   * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`. @throws StateError `ERR_CLOSED`.
   */
  setMaxBytesPerSecond(bytesPerSecond: number | undefined): void;
  /** Returns the largest number of bytes that the port sends a second; undefined: no limit. */
  getMaxBytesPerSecond(): number | undefined;
  /**
   * Sends and receives by this interface only (`SO_BINDTOIFINDEX`), whatever the routes say; multicast too, where it wins over the outgoing
   * interface that was set before. A datagram, or a joinGroup from then on, that names another interface is refused
   * (`ERR_INTERFACE_FIXED`); memberships on others stay, and receive nothing. An interface that is deleted and made again is another one:
   * bind to it again.
   *
   * @param name - Name of an interface; `"default"` undoes it.
   * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_INTERFACE_UNKNOWN`.
   * @throws SystemError `ERR_SET_OPTION`: a port that is bound to an interface may be bound to another one, or unbound, only with
   * CAP_NET_RAW; otherwise `EPERM`. @throws UnsupportedError `ERR_UNSUPPORTED_OPTION` on dgram. @throws StateError `ERR_CLOSED`.
   */
  setBindToInterface(name: string): void;
  /** Returns the name of the interface that the port is bound to, its index where that is gone; `"default"`: none. */
  getBindToInterface(): string;
  /**
   * Asks for another size of the kernel's receive buffer (`SO_RCVBUF`). A smaller grant is logged, and shown by the result and by
   * `port.buffers`.
   *
   * @param bytes - 1 … 2,147,483,647. @returns The grant. @throws as setTrafficClass; `ERR_GET_OPTION` too. dgram has it.
   */
  setReceiveBufferBytes(bytes: number): BufferGrant;
  /** Returns the size of the receive buffer in bytes; on a closed port the one it had; undefined where the backend cannot read it. */
  getReceiveBufferBytes(): number | undefined;
  /** Asks for another size of the kernel's send buffer (`SO_SNDBUF`); otherwise as {@link UDPTransport.setReceiveBufferBytes}. */
  setSendBufferBytes(bytes: number): BufferGrant;
  /** Returns the size of the send buffer in bytes; otherwise as {@link UDPTransport.getReceiveBufferBytes}. */
  getSendBufferBytes(): number | undefined;
  /**
   * Stops delivery at once, also in the middle of a batch. Datagrams that arrive meanwhile wait in the kernel's receive buffer; on dgram,
   * in as much memory. Those that do not fit are lost, and counted where the backend can count them.
   *
   * @throws StateError `ERR_CLOSED`.
   */
  pauseReading(): void;
  /**
   * Delivers again, from a microtask: first the datagrams kept, in order. Does nothing on a port that is not paused.
   *
   * @throws StateError `ERR_CLOSED`.
   */
  resumeReading(): void;
  /** Returns a copy of the counters. */
  statistics(): PortStatistics;
  /**
   * Stops the port: nothing more is delivered. Datagrams written before still leave, if the network takes them within a second.
   *
   * @returns A promise that settles when the socket is closed; the same one however often it is called. Never rejects.
   */
  stopListening(): Promise<void>;
  /**
   * Stops the port as {@link UDPTransport.stopListening} does, and closes its sockets before it returns: its number is free at once.
   * Datagrams that the network does not take now are dropped and counted. stopProtocol() and `closed` follow from the event loop. On dgram,
   * a datagram that libuv holds for a full send buffer leaves first, and the number is free then.
   */
  stopNow(): void;
  /** Makes the open port keep the process alive, as it does at first. Does nothing on a closed port. */
  ref(): this;
  /** Lets the process end while the port is open. Does nothing on a closed port. */
  unref(): this;
}

/** A membership that was asked for, and its state. */
export interface Membership {
  /** IP literal of the group, without zone. */
  readonly group: string;
  /** Name of the interface; while it is waited for, the selector as it was given. */
  readonly interface: string;
  /** IP literal of the only sender that is let in; absent: any sender. */
  readonly source?: string;
  /** `joined`; `waiting` for an interface that does not exist yet; `lost` with its interface, until the interface comes back. */
  readonly state: "joined" | "waiting" | "lost";
}

/** A change of one membership. */
export interface MembershipChange {
  /** The membership in its new state. */
  readonly membership: Membership;
  /** Error with which the OS refused a later join; the join is tried again when the interfaces change. */
  readonly error?: SystemError;
}

/** The interface that multicast leaves by, and its state. */
export interface OutgoingInterface {
  /** Name of the interface; while it is waited for, the selector as it was given; `"default"`: the one that the route names. */
  readonly interface: string;
  /**
   * `active`: multicast leaves by it; `waiting` for an interface that does not exist yet; `lost` with its interface, until the interface
   * comes back. Sending to groups fails while it is not `active`.
   */
  readonly state: "active" | "waiting" | "lost";
}

/** A change of the outgoing interface. */
export interface OutgoingInterfaceChange {
  /** The outgoing interface in its new state. */
  readonly outgoingInterface: OutgoingInterface;
  /** Error with which the OS refused the interface later; it is tried again when the interfaces change. */
  readonly error?: SystemError;
}

/** Options of `joinGroup`. */
export interface JoinOptions {
  /** IP literal of the only sender to let in (source-specific multicast, RFC 4607). Default: any sender. */
  readonly source?: string | undefined;
  /** Whether an interface that does not exist is waited for. Default: true; with false, joinGroup throws. */
  readonly whenAvailable?: boolean | undefined;
}

/**
 * Way in which datagrams of other groups and interfaces are kept out: by the `kernel`; `filtered` by destination and arrival
 * interface above it; the port is `bound` to the group's address; or `none`.
 */
export type Isolation = "kernel" | "filtered" | "bound" | "none";

/** A UDP port that can be a member of multicast groups. */
export interface MulticastTransport extends UDPTransport {
  /**
   * Becomes a member of `group` on an interface, or on all of them. A membership is desired state: it is joined when its interface
   * exists, and again when the interface comes back.
   *
   * @param group - IP literal of the port's family, in 224.0.0.0/4 or ff00::/8. Its zone, if it has one, names the interface.
   * @param selector - Interface. Default: the outgoing one, else the one that the route to the group names, else the first that carries
   * multicast, else loopback. `"all"` is every interface that carries multicast, now and later; one that cannot be joined is reported by
   * `membership`, and joinGroup throws only if none could be.
   * @throws InvalidArgumentError `ERR_NOT_MULTICAST`, `ERR_FAMILY_MISMATCH`, `ERR_SOURCE_IS_MULTICAST`, `ERR_ADDRESS_NOT_IP`,
   * `ERR_INTERFACE_UNKNOWN`: not a possible name of an interface, `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`, `ERR_OPTION_UNKNOWN`;
   * `ERR_GROUP_FIXED`: the port is bound to the address of another group, as with `multicastOnly` on dgram; `ERR_INTERFACE_FIXED`: the port
   * is bound to another interface, and would receive nothing of the group.
   * @throws StateError `ERR_ALREADY_JOINED`: in any spelling, or for any source where one of them is joined, and the reverse; `ERR_CLOSED`.
   * @throws MulticastJoinError `ERR_JOIN`: the OS refused, or the interface does not exist and `whenAvailable` is false.
   */
  joinGroup(group: string, selector?: InterfaceSelector | "all", options?: JoinOptions): void;
  /**
   * Leaves a group: undoes one joinGroup.
   *
   * @param selector - The interface, perhaps spelled another way; `"all"` undoes a join on `"all"`, and undefined one without an interface.
   * @throws InvalidArgumentError as joinGroup. @throws StateError `ERR_NOT_JOINED`, `ERR_CLOSED`.
   * @throws SystemError `ERR_LEAVE`: the OS refused; the port still drops the membership.
   */
  leaveGroup(
    group: string,
    selector?: InterfaceSelector | "all",
    options?: {
      /** The source that the group was joined with. */
      readonly source?: string | undefined;
    },
  ): void;
  /**
   * Blocks one sender of a group that is joined for any source (`MCAST_BLOCK_SOURCE`), also when the group is joined again later.
   *
   * @param source - IP literal of the sender. @param selector - The interface, as in joinGroup.
   * @throws InvalidArgumentError as joinGroup. @throws StateError `ERR_NOT_JOINED`, `ERR_ALREADY_BLOCKED`, `ERR_CLOSED`.
   * @throws SystemError `ERR_SOURCE_FILTER`; nothing is blocked then. @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION` on dgram.
   */
  blockSource(group: string, source: string, selector?: InterfaceSelector | "all"): void;
  /** Undoes one blockSource. @throws StateError `ERR_NOT_JOINED`, `ERR_NOT_BLOCKED`, `ERR_CLOSED`; and as blockSource. */
  unblockSource(group: string, source: string, selector?: InterfaceSelector | "all"): void;
  /** Memberships of this port, those that wait included; empty once it has closed. */
  readonly memberships: readonly Membership[];
  /**
   * Sets the TTL of multicast (`IP_MULTICAST_TTL`; on IPv6 the hop limit, `IPV6_MULTICAST_HOPS`): 0 stays on this host, 1 (the default)
   * stays on the link, more passes routers.
   *
   * With 0 and no chosen interface, IPv4 multicast leaves by loopback. Nothing leaves the host then, member or not; see docs/decisions.
   *
   * @param ttl - Hops, 0 … 255.
   * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`. @throws SystemError `ERR_SET_OPTION`.
   * @throws StateError `ERR_CLOSED`.
   */
  setTTL(ttl: number): void;
  /** Returns the TTL of multicast; on IPv6 the hop limit. */
  getTTL(): number;
  /**
   * Sets whether members on this host receive the multicast that this port sends (`IP_MULTICAST_LOOP`, `IPV6_MULTICAST_LOOP`). On at first.
   * On Windows the members' setting counts instead of the sender's.
   *
   * @throws as setTTL.
   */
  setLoopbackMode(on: boolean): void;
  /** Returns whether members on this host receive the multicast that this port sends. */
  getLoopbackMode(): boolean;
  /**
   * Sets the interface that multicast leaves by (`IP_MULTICAST_IF`, `IPV6_MULTICAST_IF`); `"default"`, the initial value: the interface of
   * the route. Desired state, like a membership: if the interface does not exist yet, or is deleted, the port uses it when it appears.
   * Until then sending to groups fails with `ENODEV` (`sendFailed`) and never uses another interface; a datagram that names an interface
   * leaves by that one. An interface that does not exist is logged at once, with the names of those that do. Datagrams that the network
   * has not taken yet leave by the new interface: await `drained()` first where that matters.
   *
   * @param to - Interface. An address means the interface that has it, for as long as that exists.
   * @throws InvalidArgumentError `ERR_INTERFACE_UNKNOWN`: not a possible name of one interface, `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`,
   * `ERR_INTERFACE_FIXED`: the port is bound to another one.
   * @throws SystemError `ERR_SET_OPTION`. @throws StateError `ERR_CLOSED`.
   */
  setOutgoingInterface(to: InterfaceSelector): void;
  /** Returns the name of the interface that multicast is to leave by; `"default"` while the route decides. */
  getOutgoingInterface(): string;
  /** The interface that multicast is to leave by, and whether it does. */
  readonly outgoingInterface: OutgoingInterface;
  /** Method that keeps the datagrams of other groups and interfaces out of this port. */
  readonly isolation: Isolation;
}
