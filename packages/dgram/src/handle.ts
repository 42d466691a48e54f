/** A UDP socket below the API: what libuv is to `node:dgram`. Calls return 0 or a negative errno; nothing is checked twice. */
import { closeSync } from "node:fs";
import { type AddressInfo, isIP } from "node:net";
import type { DatagramBatch, Family, MulticastPort, PlainProtocol, SocketAddress } from "groupcast";
import { isCompatible } from "./compatibility.js";
import { ERRNO, type Errno, outcomeOf } from "./errno.js";
import { type Report, Sender } from "./sender.js";
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
  #port: MulticastPort | undefined;
  #sender: Sender | undefined;
  #isReferenced = true;
  #literal: string | undefined;
  #adopted: number | undefined; // descriptor that belongs to the socket, and that the port has duplicated
  readonly #isCompatible = isCompatible();

  /** Opens nothing yet. */
  constructor(family: Family, observer: HandleObserver) {
    this.family = family;
    this.#observer = observer;
  }

  /** Whether the socket behaves as one of `node:dgram` also where that is worse. */
  get isCompatible(): boolean {
    return this.#isCompatible;
  }

  /** Returns whether `address` is an IP literal of the socket's family; most programs send to few. */
  isLiteral(address: string): boolean {
    if (address === this.#literal) return true;
    if (isIP(address) !== this.family) return false;
    this.#literal = address;
    return true;
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
    const outcome = this.#open(() => sharedReactor().adoptDatagramPort(fd, this.#protocol(), { family: this.family }) as MulticastPort);
    if (outcome === 0 && sharedReactor().backend.name !== "dgram") this.#adopted = fd; // dgram cannot duplicate, and closes it itself
    return outcome;
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
    this.#sender!.write(data, port, address);
  }

  /** Sends a datagram; the caller asks for its fate later. */
  post(data: Uint8Array | string, port: number, address: string | undefined): Report {
    return this.#sender!.post(data, port, address);
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
    return this.#sender?.waitingBytes ?? 0;
  }

  getSendQueueCount(): number {
    return this.#sender?.waitingCount ?? 0;
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
    this.#port?.stopNow();
    this.#sender?.close();
    if (this.#adopted !== undefined) closeSync(this.#adopted);
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
      this.#sender = new Sender(port, this.#isCompatible);
    });
  }

  #protocol(): PlainProtocol {
    const observer = this.#observer;
    return {
      datagramsReceived: (batch) => {
        this.#sender!.hold();
        try {
          observer.received(batch);
        } finally {
          this.#sender!.release();
        }
      },
      connectionRefused: () => observer.failed(ERRNO.ECONNREFUSED),
    };
  }

  #withPort(call: (port: MulticastPort) => void): Errno {
    const port = this.#port;
    return port === undefined ? ERRNO.EBADF : outcomeOf(() => call(port));
  }
}

function addressInfo({ address, family, port }: SocketAddress): AddressInfo {
  return { address, family: family === 4 ? "IPv4" : "IPv6", port };
}
