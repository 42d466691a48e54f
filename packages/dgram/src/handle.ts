/** A UDP socket below the API: what libuv is to `node:dgram`. Calls return 0 or a negative errno; nothing is checked twice. */
import { type AddressInfo, isIP } from "node:net";
import type { DatagramBatch, Family, MulticastPort, PlainProtocol, SocketAddress } from "groupcast";
import { ERRNO, type Errno, errnoOf, outcomeOf } from "./errno.js";
import { sharedReactor } from "./shared-reactor.js";

/** Options of binding. */
export interface BindFlags {
  readonly reuseAddr: boolean;
  readonly reusePort: boolean;
  readonly ipv6Only: boolean;
}

/** Reports of a handle, from the event loop. */
export interface HandleObserver {
  /** Datagrams have arrived. The batch is valid during the call. */
  received(batch: DatagramBatch): void;
  /** Receiving failed. */
  failed(errno: Errno): void;
}

/** Fate of one datagram: called once, with 0 or an errno. */
export type Sent = (errno: Errno) => void;

const ANY: Readonly<Record<Family, string>> = { 4: "0.0.0.0", 6: "::" };
const SHARED: BindFlags = { reuseAddr: true, reusePort: false, ipv6Only: false };

const MAX_INT = 0x7fff_ffff;
const BUFFER_FACTOR = process.platform === "linux" ? 2 : 1; // socket(7): getsockopt returns twice what setsockopt was given
const BUFFER_METHODS = {
  receive: ["setReceiveBufferBytes", "getReceiveBufferBytes"],
  send: ["setSendBufferBytes", "getSendBufferBytes"],
} as const;

/** A UDP socket that is unbound at first, then bound, then closed. */
export class Handle {
  readonly family: Family;
  readonly #observer: HandleObserver;
  readonly #destination = { address: "", port: 0 }; // one for all: write() reads it at once
  #port: MulticastPort | undefined;
  #isReferenced = true;

  /** Opens nothing yet. */
  constructor(family: Family, observer: HandleObserver) {
    this.family = family;
    this.#observer = observer;
  }

  /** The port beneath; undefined before binding. */
  get port(): MulticastPort | undefined {
    return this.#port;
  }

  bind(address: string, port: number, { reuseAddr, reusePort, ipv6Only }: BindFlags): Errno {
    if (this.#port !== undefined || isIP(address) !== this.family) return ERRNO.EINVAL;
    const options = {
      interface: address,
      reuseAddress: reuseAddr,
      reusePort,
      ...(this.family === 6 && { ipv6Only }),
    };
    return this.#open(() => sharedReactor().listenMulticast(port, this.#protocol(), options));
  }

  open(fd: number): Errno {
    if (this.#port !== undefined) return ERRNO.EINVAL;
    return this.#open(() => sharedReactor().adoptDatagramPort(fd, this.#protocol(), { family: this.family }) as MulticastPort);
  }

  connect(address: string, port: number): Errno {
    return this.#withPort((bound) => bound.connect(address, port));
  }

  disconnect(): Errno {
    return this.#withPort((bound) => bound.disconnect());
  }

  localAddress(): AddressInfo | Errno {
    return this.#port === undefined ? ERRNO.EBADF : addressInfo(this.#port.getHost());
  }

  peerAddress(): AddressInfo | Errno {
    const peer = this.#port?.getPeer();
    return peer === undefined ? ERRNO.ENOTCONN : addressInfo(peer);
  }

  /** Sends a datagram whose fate nobody waits for; without an address to the peer. */
  write(data: Uint8Array | string, port: number, address: string | undefined): void {
    outcomeOf(() => void this.#port!.write(data, this.#to(port, address)));
  }

  /** Sends a datagram, and reports its fate. */
  send(data: Uint8Array | string, port: number, address: string | undefined, sent: Sent): void {
    this.#port!.send(data, this.#to(port, address)).then(
      () => sent(0),
      (error: unknown) => sent(errnoOf(error)),
    );
  }

  setBroadcast(on: boolean): Errno {
    return this.#withPort((port) => port.setBroadcastAllowed(on));
  }

  setTTL(ttl: number): Errno {
    return this.#withPort((port) => port.setUnicastTTL(ttl | 0));
  }

  setMulticastTTL(ttl: number): Errno {
    const hops = ttl | 0;
    return this.#withPort((port) => port.setTTL(hops === -1 ? 1 : hops)); // -1: the default, ip(7)
  }

  setMulticastLoopback(on: boolean): Errno {
    return this.#withPort((port) => port.setLoopbackMode(on));
  }

  setMulticastInterface(address: string): Errno {
    if (isIP(address) === 0) return ERRNO.EINVAL;
    return this.#withPort((port) => port.setOutgoingInterface(address));
  }

  /** Asks for the size of a buffer, or with 0 for none; returns the size as getsockopt(2) does, or an errno. */
  bufferSize(size: number, which: "receive" | "send"): number {
    const port = this.#port;
    if (port === undefined) return ERRNO.EBADF;
    if (size > MAX_INT) return ERRNO.EINVAL;
    const [resize, read] = BUFFER_METHODS[which];
    const outcome = size > 0 ? outcomeOf(() => port[resize](size)) : 0;
    return outcome < 0 ? outcome : (port[read]() ?? 0) * BUFFER_FACTOR;
  }

  getSendQueueSize(): number {
    return 0;
  }

  getSendQueueCount(): number {
    return this.#port?.statistics().queued ?? 0;
  }

  join(group: string, at: string | undefined, source: string | undefined): Errno {
    if (isIP(group) === 0 || (at !== undefined && isIP(at) === 0)) return ERRNO.EINVAL;
    const bound = this.#bindDeferred();
    if (bound < 0) return bound;
    return this.#withPort((port) => port.joinGroup(group, at, { source, whenAvailable: false }));
  }

  leave(group: string, at: string | undefined, source: string | undefined): Errno {
    if (isIP(group) === 0 || (at !== undefined && isIP(at) === 0)) return ERRNO.EINVAL;
    const bound = this.#bindDeferred();
    if (bound < 0) return bound;
    const outcome = this.#withPort((port) => port.leaveGroup(group, at, { source }));
    if (outcome !== ERRNO.EADDRNOTAVAIL || at !== undefined) return outcome;
    // The kernel's rule: no interface means the first membership of the group, ip_mc_leave_group() in net/ipv4/igmp.c.
    const first = this.#port?.memberships.find((membership) => membership.group === group && membership.source === source);
    return first === undefined ? outcome : this.#withPort((port) => port.leaveGroup(group, first.interface, { source }));
  }

  ref(): void {
    this.#isReferenced = true;
    this.#port?.ref();
  }

  unref(): void {
    this.#isReferenced = false;
    this.#port?.unref();
  }

  close(): void {
    void this.#port?.stopListening();
  }

  /** Memberships need a socket: as libuv, binds to any port, and shares it. */
  #bindDeferred(): Errno {
    if (this.#port !== undefined) return 0;
    return this.bind(ANY[this.family], 0, SHARED);
  }

  #open(listen: () => MulticastPort): Errno {
    return outcomeOf(() => {
      const port = listen();
      if (!this.#isReferenced) port.unref();
      port.on("error", (error) => {
        if ("errno" in error) this.#observer.failed(error.errno as Errno);
      });
      this.#port = port;
    });
  }

  #protocol(): PlainProtocol {
    const observer = this.#observer;
    return {
      datagramsReceived: (batch) => observer.received(batch),
      connectionRefused: () => observer.failed(ERRNO.ECONNREFUSED),
    };
  }

  #withPort(call: (port: MulticastPort) => void): Errno {
    const port = this.#port;
    return port === undefined ? ERRNO.EBADF : outcomeOf(() => call(port));
  }

  #to(port: number, address: string | undefined): { address: string; port: number } | undefined {
    if (address === undefined) return undefined;
    this.#destination.address = address;
    this.#destination.port = port;
    return this.#destination;
  }
}

function addressInfo({ address, family, port }: SocketAddress): AddressInfo {
  return { address, family: family === 4 ? "IPv4" : "IPv6", port };
}
