import type { Socket } from "node:dgram";
import {
  anyAddress,
  type DatagramSocket,
  type Family,
  type NetworkInterface,
  type OptionName,
  type Outcome,
  type ReadLimits,
  type SendBatch,
  type SocketAddress,
  type SocketObserver,
  type Steering,
  socketAddress,
} from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { adoptDescriptor, bindSocket, connectSocket } from "./bound-socket.js";
import { unsupportedOperation } from "./dgram-capabilities.js";
import { DgramReader } from "./dgram-reader.js";
import { DgramWriter } from "./dgram-writer.js";
import { answerOf, errnoOfError, outcomeOf } from "./errno-of-error.js";
import { interfaceArgument } from "./interface-argument.js";
import { SocketSettings } from "./socket-settings.js";

/** Errnos of ICMP errors on a connected socket (`icmp_err_convert` in net/ipv4/icmp.c, `icmpv6_err_convert` in net/ipv6/icmp.c). */
const ICMP_ERRNOS: ReadonlySet<number> = new Set([
  ERRNO.ECONNREFUSED,
  ERRNO.EHOSTUNREACH,
  ERRNO.ENETUNREACH,
  ERRNO.EHOSTDOWN,
  ERRNO.ENONET,
  ERRNO.ENOPROTOOPT,
  ERRNO.EMSGSIZE,
  ERRNO.EPROTO,
  ERRNO.EACCES,
]);

/** State of a socket that is bound. */
interface Bound {
  readonly socket: Socket;
  readonly writer: DgramWriter;
}

/**
 * UDP socket of `node:dgram`.
 *
 * It makes dgram's own socket at bind, because half of the options are arguments of `createSocket()`. Until then it remembers options;
 * `send` and `connect` bind to any free port, as the kernel would; every other call that needs the kernel answers `-EBADF`.
 *
 * A call on a closed socket answers `-EBADF`.
 */
export class DgramSocket implements DatagramSocket {
  /** IP version: 4 or 6. */
  readonly family: Family;
  readonly #observer: SocketObserver;
  readonly #reader: DgramReader;
  readonly #settings: SocketSettings;
  #bound: Bound | undefined; // from bind to close
  #outgoing: NetworkInterface | undefined; // set before bind
  #isReferenced = true;
  #isClosed = false;

  private constructor(family: Family, observer: SocketObserver, isAdopted: boolean) {
    this.family = family;
    this.#observer = observer;
    this.#reader = new DgramReader(observer);
    this.#settings = new SocketSettings(family, isAdopted);
  }

  /** Makes an unbound socket. */
  static open(family: Family, observer: SocketObserver): DgramSocket {
    return new DgramSocket(family, observer, false);
  }

  /** Makes a socket that takes over a descriptor, and closes it with itself. See {@link DgramBackend.adoptSocket}. */
  static adopt(fd: number, family: Family, observer: SocketObserver): DgramSocket | Outcome {
    const socket = adoptDescriptor(fd, family);
    if (typeof socket === "number") return socket;
    const adopted = new DgramSocket(family, observer, true);
    adopted.#attach(socket);
    return adopted;
  }

  /** Binds to an address, once, and applies the options set so far. Port 0: a free one. `-EINVAL`: it is bound already. */
  bind(local: SocketAddress): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    if (this.#bound !== undefined) return ERRNO.EINVAL; // bind(2): "The socket is already bound to an address"
    const socket = bindSocket(local, this.#settings.creationOptions());
    if (typeof socket === "number") return socket;
    this.#attach(socket);
    let outcome = ERRNO.UNKNOWN; // of a call that throws
    try {
      outcome = this.#applyRemembered(socket);
      return outcome;
    } finally {
      if (outcome < 0) this.#detach();
    }
  }

  /** Fixes the peer. `-EISCONN`: it has one; `UNKNOWN`: refused, and `failed()` reports the errno later (Node before 24.19 and 26.4). */
  connect(peer: SocketAddress): Outcome {
    const bound = this.#bindIfNeeded();
    if (typeof bound === "number") return bound;
    if (bound.writer.peer !== undefined) return ERRNO.EISCONN;
    const outcome = connectSocket(bound.socket, peer, (errno) => {
      if (!this.#isClosed) this.#observer.failed(errno, "connect");
    });
    if (outcome === 0) bound.writer.peer = peer;
    return outcome;
  }

  /**
   * Removes the peer. `-ENOTCONN`: it has none. `-EADDRNOTAVAIL`: an adopted socket, whose port was the kernel's choice, has lost it and is closed,
   * because it would send from another one.
   */
  disconnect(): Outcome {
    if (this.#bound === undefined) return ERRNO.EBADF;
    const { socket, writer } = this.#bound;
    if (writer.peer === undefined) return ERRNO.ENOTCONN;
    const { port } = socket.address();
    const outcome = outcomeOf(() => socket.disconnect());
    if (outcome < 0) return outcome;
    writer.peer = undefined;
    if (socket.address().port === port) return 0;
    this.close();
    return ERRNO.EADDRNOTAVAIL;
  }

  /** Returns the address it is bound to; before that the any address with port 0. */
  localAddress(): SocketAddress | Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    if (this.#bound === undefined) return socketAddress(anyAddress(this.family), 0); // getsockname(2) of an unbound socket
    const { socket } = this.#bound;
    const local = answerOf(() => socket.address());
    return typeof local === "number" ? local : socketAddress(local.address, local.port);
  }

  /** Returns the peer it is connected to. */
  peerAddress(): SocketAddress | undefined {
    return this.#bound?.writer.peer;
  }

  /** Sends datagrams `from` … `to - 1`, and returns how many it took. `-EAGAIN`: `writable()` follows. Throws if one names an origin. */
  send(batch: SendBatch, from: number, to: number): Outcome {
    const bound = this.#bindIfNeeded();
    return typeof bound === "number" ? bound : bound.writer.send(batch, from, to);
  }

  /** Starts to deliver datagrams: first those that arrived before, in a later turn. */
  startReading(limits: ReadLimits): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    this.#reader.start(limits);
    return 0;
  }

  /** Stops to deliver datagrams; those that arrive are held within the size of the receive buffer. */
  stopReading(): void {
    this.#reader.stop();
  }

  /** Sets an option; before bind it is remembered. Throws `UnsupportedError` outside the capabilities. */
  setOption(name: OptionName, value: number): Outcome {
    return this.#isClosed ? ERRNO.EBADF : this.#settings.set(name, value, this.#bound?.socket);
  }

  /** Returns the value of an option. `-ENOTSUP`: another program opened the socket, and Node cannot ask. */
  getOption(name: OptionName): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    return name === "unreadDrops" ? this.#reader.droppedCount : this.#settings.get(name, this.#bound?.socket);
  }

  /** Selects the interface that multicast leaves on; `undefined`: as routed. `-ENODEV`: the OS lists no such interface. */
  setMulticastInterface(networkInterface: NetworkInterface | undefined): Outcome {
    if (this.#bound === undefined && !this.#isClosed) return this.#rememberOutgoing(networkInterface);
    return this.#callWithInterface(networkInterface, (socket, argument) =>
      socket.setMulticastInterface(argument ?? anyAddress(this.family)),
    );
  }

  /** Joins a group on an interface, from one source if given. */
  join(group: string, networkInterface: NetworkInterface | undefined, source: string | undefined): Outcome {
    return this.#callWithInterface(networkInterface, (socket, argument) =>
      source === undefined ? socket.addMembership(group, argument) : socket.addSourceSpecificMembership(source, group, argument),
    );
  }

  /** Leaves a group on an interface, or one of its sources. */
  leave(group: string, networkInterface: NetworkInterface | undefined, source: string | undefined): Outcome {
    // By the interface's address of today: leaving by one that it has lost, Linux takes the group from the socket but leaves it on
    // the interface for ever (`ip_mc_leave_group` in net/ipv4/igmp.c).
    return this.#callWithInterface(networkInterface, (socket, argument) =>
      source === undefined ? socket.dropMembership(group, argument) : socket.dropSourceSpecificMembership(source, group, argument),
    );
  }

  /** Throws `UnsupportedError`. */
  blockSource(_group: string, _networkInterface: NetworkInterface, _source: string): Outcome {
    throw unsupportedOperation("blockSource", "blockSource");
  }

  /** Throws `UnsupportedError`. */
  unblockSource(_group: string, _networkInterface: NetworkInterface, _source: string): Outcome {
    throw unsupportedOperation("unblockSource", "blockSource");
  }

  /** Throws `UnsupportedError`. */
  steer(_steering: Steering): Outcome {
    throw unsupportedOperation("steer", "steering");
  }

  /** Keeps the process alive while the socket is open: the initial state. */
  ref(): void {
    this.#isReferenced = true;
    this.#bound?.socket.ref();
  }

  /** Lets the process end while the socket is open. */
  unref(): void {
    this.#isReferenced = false;
    this.#bound?.socket.unref();
  }

  /** Closes the socket. Nothing is delivered afterwards; a datagram that libuv has queued still leaves. */
  close(): void {
    this.#isClosed = true;
    this.#detach();
  }

  #bindIfNeeded(): Bound | Outcome {
    if (this.#bound !== undefined) return this.#bound;
    const outcome = this.bind(socketAddress(anyAddress(this.family), 0));
    return this.#bound ?? outcome;
  }

  #callWithInterface(
    networkInterface: NetworkInterface | undefined,
    call: (socket: Socket, argument: string | undefined) => void,
  ): Outcome {
    if (this.#bound === undefined) return ERRNO.EBADF;
    const { socket } = this.#bound;
    const argument = networkInterface && interfaceArgument(this.family, networkInterface);
    return typeof argument === "number" ? argument : outcomeOf(() => call(socket, argument));
  }

  #rememberOutgoing(networkInterface: NetworkInterface | undefined): Outcome {
    const argument = networkInterface && interfaceArgument(this.family, networkInterface);
    if (typeof argument === "number") return argument;
    this.#outgoing = networkInterface;
    return 0;
  }

  #applyRemembered(socket: Socket): Outcome {
    const outcome = this.#settings.applyTo(socket);
    return outcome === 0 && this.#outgoing !== undefined ? this.setMulticastInterface(this.#outgoing) : outcome;
  }

  #attach(socket: Socket): void {
    this.#bound = { socket, writer: new DgramWriter(socket, this.#observer) };
    this.#reader.attach(socket);
    socket.on("error", this.#failed);
    if (!this.#isReferenced) socket.unref();
  }

  #detach(): void {
    this.#reader.detach();
    this.#bound?.writer.close();
    this.#bound = undefined;
  }

  /** Reports an error of reading: the loss of a datagram sent earlier, or a failure of the socket. Neither closes it. */
  readonly #failed = (error: NodeJS.ErrnoException): void => {
    if (this.#isClosed) return;
    const errno = errnoOfError(error) ?? ERRNO.UNKNOWN;
    const operation = error.syscall ?? "recvmsg";
    if (operation === "recvmsg" && ICMP_ERRNOS.has(errno)) this.#observer.sendFailed(errno, this.peerAddress());
    else this.#observer.failed(errno, operation);
  };
}
