/** A UDP socket below the API: what libuv is to `node:dgram`. Calls return 0 or a negative errno; nothing is checked twice. */
import { closeSync } from "node:fs";
import { type AddressInfo, isIP } from "node:net";
import type { DatagramBatch, Family, MulticastPort, PlainProtocol, Reactor, SocketAddress } from "groupcast";
import { isCompatible } from "../compatibility.js";
import { ERRNO, type Errno, outcomeOf } from "./errno.js";
import { LOOPBACK, type Lookup } from "./lookup.js";
import { checkLiterals, joinGroup, leaveGroup, leaveWhatIsLost, type MembershipCall, setOutgoingInterface } from "./multicast-calls.js";
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

const MAX_HOPS = 255;
const MAX_INT = 0x7fff_ffff;
const BUFFER_FACTOR = process.platform === "linux" ? 2 : 1; // socket(7): getsockopt returns twice what setsockopt was given
const BUFFER_METHODS = {
  receive: ["setReceiveBufferBytes", "getReceiveBufferBytes"],
  send: ["setSendBufferBytes", "getSendBufferBytes"],
} as const;

/** A UDP socket that is unbound at first, then bound, then closed. */
export class Handle {
  readonly family: Family;
  /** Finds the address of a name. */
  readonly lookup: Lookup;
  readonly #observer: HandleObserver;
  #port: MulticastPort | undefined;
  #sender: Sender | undefined;
  #isReferenced = true;
  #isConnected = false;
  #literal: string | undefined;
  #adopted: number | undefined; // descriptor that belongs to the socket, and that the port has duplicated
  readonly #isCompatible = isCompatible();

  /** Opens nothing yet. */
  constructor(family: Family, lookup: Lookup, observer: HandleObserver) {
    this.family = family;
    this.lookup = lookup;
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
    const isWrong = isIP(address) !== this.family || (ipv6Only && this.family === 4);
    if (this.#port !== undefined || isWrong) return ERRNO.EINVAL;
    const options = {
      interface: address,
      reuseAddress: reuseAddr,
      reusePort,
      isolated: !this.#isCompatible,
      ...(this.family === 6 && { ipv6Only }),
    };
    return this.#open((reactor) => reactor.listenMulticast(port, this.#protocol(), options));
  }

  open(fd: number): Errno {
    if (this.#port !== undefined) return ERRNO.EINVAL;
    const outcome = this.#open((reactor) => reactor.adoptDatagramPort(fd, this.#protocol(), { family: this.family }) as MulticastPort);
    if (outcome === 0 && sharedReactor().backend.name !== "dgram") this.#adopted = fd; // dgram cannot duplicate, and closes it itself
    return outcome;
  }

  connect(address: string, port: number): Errno {
    const peer = address === ANY[this.family] ? LOOPBACK[this.family] : address; // as the kernel does: connect(2) to "any" is to this host
    const outcome = this.#withPort((bound) => bound.connect(peer, port));
    this.#isConnected = outcome === 0;
    return outcome;
  }

  disconnect(): Errno {
    const outcome = this.#withPort((bound) => bound.disconnect());
    if (outcome === 0) this.#isConnected = false;
    return outcome;
  }

  localAddress(): AddressInfo | Errno {
    return this.#port === undefined ? ERRNO.EBADF : addressInfo(this.#port.getHost());
  }

  peerAddress(): AddressInfo | Errno {
    const peer = this.#port?.getPeer();
    return peer === undefined ? ERRNO.ENOTCONN : addressInfo(peer);
  }

  /** Sends a datagram whose fate nobody waits for; without an address to the peer, which alone a connected socket sends to. */
  write(data: Uint8Array | string, port: number, address: string | undefined): void {
    if (address === undefined || !this.#isConnected) this.#sender!.write(data, port, address);
  }

  /** Sends a datagram; the caller asks for its fate later. */
  post(data: Uint8Array | string, port: number, address: string | undefined): Report {
    if (address !== undefined && this.#isConnected) return (sent) => sent(isIP(address) === this.family ? ERRNO.EISCONN : ERRNO.EINVAL);
    return this.#sender!.post(data, port, address);
  }

  /** Holds back what is sent until {@link Handle.release}. */
  hold(): void {
    this.#sender!.hold();
  }

  /** Sends what was held back. */
  release(): void {
    this.#sender!.release();
  }

  setBroadcast(on: boolean): Errno {
    return this.#withPort((port) => port.setBroadcastAllowed(on));
  }

  setTTL(ttl: number): Errno {
    return this.#setWithin(ttl | 0, 1, (port, hops) => port.setUnicastTTL(hops));
  }

  setMulticastTTL(ttl: number): Errno {
    return this.#setWithin(ttl | 0, 0, (port, hops) => port.setTTL(hops));
  }

  setMulticastLoopback(on: boolean): Errno {
    return this.#withPort((port) => port.setLoopbackMode(on));
  }

  setMulticastInterface(address: string): Errno {
    if (isIP(address) === 0) return ERRNO.EINVAL;
    return this.#port === undefined ? ERRNO.EBADF : setOutgoingInterface(this.#port, address);
  }

  /** Asks for the size of a buffer, or with 0 for none; returns the size as getsockopt(2) does, or an errno. */
  bufferSize(size: number, which: "receive" | "send"): number {
    const port = this.#port;
    if (size > MAX_INT) return ERRNO.EINVAL;
    if (port === undefined) return ERRNO.EBADF;
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
    return this.#withDeferredPort(joinGroup, { group, at, source });
  }

  leave(group: string, at: string | undefined, source: string | undefined): Errno {
    return this.#withDeferredPort(leaveGroup, { group, at, source });
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

  /** Memberships need a socket: as libuv, binds to any port and shares it. Nothing is received: node:dgram never binds such a socket. */
  #withDeferredPort(change: (port: MulticastPort, call: MembershipCall) => Errno, call: MembershipCall): Errno {
    const wrong = checkLiterals(call);
    if (wrong < 0) return wrong;
    if (this.#port === undefined) {
      const outcome = this.bind(ANY[this.family], 0, SHARED);
      if (outcome < 0) return outcome;
      this.#port!.pauseReading();
    }
    return change(this.#port!, call);
  }

  #open(listen: (reactor: Reactor) => MulticastPort): Errno {
    const reactor = sharedReactor(); // throws BackendLoadError
    return outcomeOf(() => {
      const port = listen(reactor);
      if (!this.#isReferenced) port.unref();
      port.on("error", (error) => {
        if ("errno" in error) this.#observer.failed(error.errno as Errno);
        else throwLater(error); // ours: no program can cause it, and none should miss it
      });
      if (this.#isCompatible) leaveWhatIsLost(port);
      this.#port = port;
      this.#sender = new Sender(port, this.#isCompatible);
    });
  }

  #protocol(): PlainProtocol {
    const observer = this.#observer;
    return {
      datagramsReceived: (batch) => observer.received(batch),
      connectionRefused: () => observer.failed(ERRNO.ECONNREFUSED),
    };
  }

  #withPort(call: (port: MulticastPort) => unknown): Errno {
    const port = this.#port;
    return port === undefined ? ERRNO.EBADF : outcomeOf(() => call(port));
  }

  #setWithin(hops: number, min: number, set: (port: MulticastPort, hops: number) => void): Errno {
    return hops < min || hops > MAX_HOPS ? ERRNO.EINVAL : this.#withPort((port) => set(port, hops));
  }
}

function throwLater(error: Error): void {
  process.nextTick(() => {
    throw error;
  });
}

function addressInfo({ address, family, port }: SocketAddress): AddressInfo {
  return { address, family: family === 4 ? "IPv4" : "IPv6", port };
}
