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
  socketAddress,
} from "@groupcast/backend";
import { ERRNO } from "@groupcast/base";
import { adoptDescriptor, bindSocket, connectSocket } from "./bound-socket.js";
import { unsupportedOperation } from "./dgram-capabilities.js";
import { DgramReader } from "./dgram-reader.js";
import { DgramWriter } from "./dgram-writer.js";
import { errnoOfError, outcomeOf } from "./errno-of-error.js";
import { interfaceArgument } from "./interface-argument.js";
import { SocketSettings } from "./socket-settings.js";

/** ICMP errors as a connected socket reads them (`icmp_err_convert` in net/ipv4/icmp.c, `icmpv6_err_convert` in net/ipv6/icmp.c). */
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

/** What there is once the socket is bound. */
interface Bound {
  readonly socket: Socket;
  readonly writer: DgramWriter;
}

/**
 * A UDP socket of node:dgram.
 *
 * dgram's own socket is made at bind, because half of its options are given when it is made. Until then options are remembered;
 * `send` and `connect` bind to any free port, as the kernel would; everything else that needs the kernel answers `-EBADF`.
 */
export class DgramSocket implements DatagramSocket {
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

  static open(family: Family, observer: SocketObserver): DgramSocket {
    return new DgramSocket(family, observer, false);
  }

  /** Takes a descriptor over: it is closed with the socket. See {@link DgramBackend.adoptSocket}. */
  static adopt(fd: number, family: Family, observer: SocketObserver): DgramSocket | Outcome {
    const socket = adoptDescriptor(fd, family);
    if (typeof socket === "number") return socket;
    const adopted = new DgramSocket(family, observer, true);
    adopted.#attach(socket);
    return adopted;
  }

  bind(local: SocketAddress): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    if (this.#bound !== undefined) return ERRNO.EINVAL; // bind(2): "The socket is already bound to an address"
    const socket = bindSocket(local, this.#settings.creationOptions());
    if (typeof socket === "number") return socket;
    this.#attach(socket);
    const outcome = this.#applyRemembered(socket);
    if (outcome < 0) this.#detach();
    return outcome;
  }

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

  disconnect(): Outcome {
    if (this.#bound === undefined) return ERRNO.EBADF;
    const { socket, writer } = this.#bound;
    if (writer.peer === undefined) return ERRNO.ENOTCONN;
    const outcome = outcomeOf(() => socket.disconnect());
    if (outcome === 0) writer.peer = undefined;
    return outcome;
  }

  localAddress(): SocketAddress | Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    if (this.#bound === undefined) return socketAddress(anyAddress(this.family), 0); // getsockname(2) of an unbound socket
    const { address, port } = this.#bound.socket.address();
    return socketAddress(address, port);
  }

  peerAddress(): SocketAddress | undefined {
    return this.#bound?.writer.peer;
  }

  send(batch: SendBatch, from: number, to: number): Outcome {
    const bound = this.#bindIfNeeded();
    return typeof bound === "number" ? bound : bound.writer.send(batch, from, to);
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
    return this.#isClosed ? ERRNO.EBADF : this.#settings.set(name, value, this.#bound?.socket);
  }

  getOption(name: OptionName): Outcome {
    if (this.#isClosed) return ERRNO.EBADF;
    return name === "unreadDrops" ? this.#reader.droppedCount : this.#settings.get(name, this.#bound?.socket);
  }

  setMulticastInterface(at: NetworkInterface | undefined): Outcome {
    if (this.#bound === undefined && !this.#isClosed) return this.#rememberOutgoing(at);
    return this.#callAt(at, (socket, argument) => socket.setMulticastInterface(argument ?? anyAddress(this.family)));
  }

  join(group: string, at: NetworkInterface | undefined, source: string | undefined): Outcome {
    return this.#callAt(at, (socket, argument) =>
      source === undefined ? socket.addMembership(group, argument) : socket.addSourceSpecificMembership(source, group, argument),
    );
  }

  leave(group: string, at: NetworkInterface | undefined, source: string | undefined): Outcome {
    // By the interface's address of today: leaving by one that it has lost, Linux takes the group from the socket but leaves it on
    // the interface for ever (`ip_mc_leave_group` in net/ipv4/igmp.c).
    return this.#callAt(at, (socket, argument) =>
      source === undefined ? socket.dropMembership(group, argument) : socket.dropSourceSpecificMembership(source, group, argument),
    );
  }

  blockSource(_group: string, _at: NetworkInterface, _source: string): Outcome {
    throw unsupportedOperation("blockSource");
  }

  unblockSource(_group: string, _at: NetworkInterface, _source: string): Outcome {
    throw unsupportedOperation("unblockSource");
  }

  ref(): void {
    this.#isReferenced = true;
    this.#bound?.socket.ref();
  }

  unref(): void {
    this.#isReferenced = false;
    this.#bound?.socket.unref();
  }

  close(): void {
    this.#isClosed = true;
    this.#reader.stop();
    this.#detach();
  }

  #bindIfNeeded(): Bound | Outcome {
    if (this.#bound !== undefined) return this.#bound;
    const outcome = this.bind(socketAddress(anyAddress(this.family), 0));
    return this.#bound ?? outcome;
  }

  #callAt(at: NetworkInterface | undefined, call: (socket: Socket, argument: string | undefined) => void): Outcome {
    if (this.#bound === undefined) return ERRNO.EBADF;
    const { socket } = this.#bound;
    const argument = at && interfaceArgument(this.family, at);
    return at !== undefined && argument === undefined ? ERRNO.ENODEV : outcomeOf(() => call(socket, argument));
  }

  #rememberOutgoing(at: NetworkInterface | undefined): Outcome {
    if (at !== undefined && interfaceArgument(this.family, at) === undefined) return ERRNO.ENODEV;
    this.#outgoing = at;
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

  /** What reading fails with is either news of a datagram sent earlier, or trouble with the socket. Neither closes it. */
  readonly #failed = (error: NodeJS.ErrnoException): void => {
    if (this.#isClosed) return;
    const errno = errnoOfError(error) ?? ERRNO.UNKNOWN;
    const operation = error.syscall ?? "recvmsg";
    if (operation === "recvmsg" && ICMP_ERRNOS.has(errno)) this.#observer.sendFailed(errno, this.peerAddress());
    else this.#observer.failed(errno, operation);
  };
}
