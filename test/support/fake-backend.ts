// The waist, recorded: a backend that does what a test tells it to, and remembers what the reactor asked of it.
//
// It models what the reactor's logic depends on: port numbers and who shares them (SO_REUSEADDR of both sockets at the moment the second
// is bound), the limit of memberships of one socket, filters by source, peers. It moves no datagrams by itself. What it does not model,
// or what was taken from its capabilities, throws UnsupportedError.

import {
  BACKEND_ERRORS,
  type BackendNetwork,
  type Capability,
  type DatagramBackend,
  type DatagramSocket,
  type Family,
  FEATURE_NAMES,
  type NetworkInterface,
  OPTION_NAMES,
  type OptionName,
  type Outcome,
  type PacketOrigin,
  type ReadLimits,
  type Route,
  type SendBatch,
  type SocketAddress,
  type SocketObserver,
  type Steering,
  socketAddress,
} from "@groupcast/backend";
import { ERRNO, type ErrnoName, UnsupportedError } from "@groupcast/base";
import { errnoOf } from "./errno-of.js";
import { FakeBatch, type FakeDatagram } from "./fake-batch.js";

const FIRST_FREE_PORT = 40_000;

/** Every feature, and the right to set and get every option. */
export const ALL_CAPABILITIES: readonly Capability[] = [
  ...FEATURE_NAMES,
  ...OPTION_NAMES.flatMap((name): Capability[] => [`set ${name}`, `get ${name}`]),
];

/** One datagram that the reactor gave to the network. */
export interface SentDatagram {
  readonly text: string;
  readonly bytes: Buffer;
  readonly to: SocketAddress | undefined;
  readonly via: PacketOrigin | undefined;
}

export interface FakeBackendOptions {
  readonly without?: readonly Capability[];
  readonly interfaces?: readonly NetworkInterface[];
}

export class FakeBackend implements DatagramBackend {
  readonly name: string = "fake";
  readonly reason: string = "a test asked for it";
  readonly capabilities: ReadonlySet<Capability>;
  readonly network: FakeNetwork;
  /** Every socket that was opened or adopted, closed ones too. */
  readonly sockets: FakeSocket[] = [];
  /** Names of the calls into backend and sockets, in order. */
  readonly calls: string[] = [];
  /** Memberships of one socket; the next join is refused with ENOBUFS. */
  maxMemberships = 20;
  /** Descriptors that can be adopted. */
  readonly descriptors: Map<number, AdoptableSocket> = new Map();
  readonly #refusals = new Map<string, Outcome[]>();
  #nextPort = FIRST_FREE_PORT;

  constructor({ without = [], interfaces = [LOOPBACK, ETH0] }: FakeBackendOptions = {}) {
    this.capabilities = new Set(ALL_CAPABILITIES.filter((capability) => !without.includes(capability)));
    this.network = new FakeNetwork(this.capabilities, interfaces);
  }

  /** The socket that was opened last. */
  get last(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  get openSockets(): FakeSocket[] {
    return this.sockets.filter(({ isClosed }) => !isClosed);
  }

  /** Has the next call of `method` refused with `errno`, and those after it with `more`. */
  refuse(method: string, errno: string, ...more: string[]): void {
    this.#refusals.set(method, [...(this.#refusals.get(method) ?? []), ...[errno, ...more].map(errnoOf)]);
  }

  openSocket(family: Family, observer: SocketObserver): FakeSocket | Outcome {
    return this.answer("openSocket") ?? this.#keep(new FakeSocket(this, family, observer));
  }

  adoptSocket(fd: number, observer: SocketObserver, _family: Family | undefined): FakeSocket | Outcome {
    this.require("adopt", "adoptSocket");
    const refused = this.answer("adoptSocket");
    if (refused !== undefined) return refused;
    const descriptor = this.descriptors.get(fd);
    if (descriptor === undefined) return ERRNO.EBADF;
    const socket = new FakeSocket(this, descriptor.local.family, observer);
    socket.takeOver(descriptor);
    return this.#keep(socket);
  }

  /** For its sockets: records the call; the errno it is to be refused with. */
  answer(method: string): Outcome | undefined {
    this.calls.push(method);
    return this.#refusals.get(method)?.shift();
  }

  /** For its sockets: throws unless `capability` is there. */
  require(capability: Capability, operation: string): void {
    if (!this.capabilities.has(capability))
      throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, operation, { backend: this.name, capability });
  }

  /** For its sockets: a free port, or the errno why `local` cannot be had by a socket with or without SO_REUSEADDR. */
  choosePort(local: SocketAddress, isReusing: boolean): number {
    if (local.port === 0) return this.#nextPort++;
    const rivals = this.openSockets.filter(({ boundTo }) => boundTo?.port === local.port && boundTo.family === local.family);
    return rivals.every((rival) => isReusing && rival.option("reuseAddress") === 1) ? local.port : ERRNO.EADDRINUSE;
  }

  #keep(socket: FakeSocket): FakeSocket {
    this.sockets.push(socket);
    return socket;
  }
}

/** What stands behind a descriptor. */
export interface AdoptableSocket {
  readonly local: SocketAddress;
  readonly peer?: SocketAddress;
  readonly options?: Partial<Record<OptionName, number>>;
}

export class FakeSocket implements DatagramSocket {
  readonly #spoilt = new Map<BatchReader, number>();
  readonly family: Family;
  readonly sent: SentDatagram[] = [];
  /** How many datagrams each successful send took. */
  readonly burstSizes: number[] = [];
  /** What the next sends do: a negative errno, or how many datagrams at most are taken. */
  readonly sendOutcomes: number[] = [];
  readonly #memberships = new Map<string, string>();
  readonly #blocked = new Map<string, string>();
  boundTo: SocketAddress | undefined;
  multicastInterface: string | undefined;
  steering: Steering | undefined;
  readLimits: ReadLimits | undefined; // undefined while nobody reads
  isReferenced = true;
  isClosed = false;
  readonly #backend: FakeBackend;
  readonly #observer: SocketObserver;
  readonly #options = new Map<OptionName, number>();
  #peer: SocketAddress | undefined;
  #depth = 0; // calls into this socket that have not returned

  constructor(backend: FakeBackend, family: Family, observer: SocketObserver) {
    this.#backend = backend;
    this.family = family;
    this.#observer = observer;
  }

  get texts(): string[] {
    return this.sent.map(({ text }) => text);
  }

  /** `group interface source`, the latter two "-" where they were left open. */
  get memberships(): string[] {
    return [...this.#memberships.values()];
  }

  /** Sources that are shut out, in the same form. */
  get blocked(): string[] {
    return [...this.#blocked.values()];
  }

  option(name: OptionName): number | undefined {
    return this.#options.get(name);
  }

  takeOver({ local, peer, options = {} }: AdoptableSocket): void {
    this.boundTo = local;
    this.#peer = peer;
    for (const [name, value] of Object.entries(options)) this.#options.set(name as OptionName, value);
  }

  bind(local: SocketAddress): Outcome {
    return this.#call("bind", () => {
      const port = this.#backend.choosePort(local, this.option("reuseAddress") === 1);
      if (port < 0) return port;
      this.boundTo = socketAddress(local.address, port);
      return 0;
    });
  }

  connect(peer: SocketAddress): Outcome {
    return this.#call("connect", () => {
      this.#peer = peer;
      return 0;
    });
  }

  disconnect(): Outcome {
    return this.#call("disconnect", () => {
      this.#peer = undefined;
      return 0;
    });
  }

  localAddress(): SocketAddress | Outcome {
    return this.#backend.answer("localAddress") ?? this.boundTo ?? socketAddress(this.family === 4 ? "0.0.0.0" : "::", 0);
  }

  peerAddress(): SocketAddress | undefined {
    return this.#peer;
  }

  send(batch: SendBatch, from: number, to: number): Outcome {
    return this.#call("send", () => {
      const limit = this.sendOutcomes.shift() ?? to - from;
      if (limit < 0) return limit;
      const end = Math.min(to, from + limit);
      for (let index = from; index < end; index++) this.sent.push(this.#copy(batch, index));
      this.burstSizes.push(end - from);
      return end - from;
    });
  }

  startReading(limits: ReadLimits): Outcome {
    return this.#call("startReading", () => {
      this.readLimits = limits;
      return 0;
    });
  }

  stopReading(): void {
    this.#backend.answer("stopReading");
    this.readLimits = undefined;
  }

  setOption(name: OptionName, value: number): Outcome {
    this.#backend.require(`set ${name}`, "setOption");
    return this.#call(`set ${name}`, () => {
      this.#options.set(name, value);
      return 0;
    });
  }

  getOption(name: OptionName): Outcome {
    this.#backend.require(`get ${name}`, "getOption");
    const refused = this.#backend.answer(`get ${name}`);
    if (this.isClosed) return ERRNO.EBADF;
    return refused ?? this.option(name) ?? (name.startsWith("multicast") ? 1 : 0);
  }

  setMulticastInterface(at: NetworkInterface | undefined): Outcome {
    return this.#call("setMulticastInterface", () => {
      this.multicastInterface = at?.name;
      return 0;
    });
  }

  steer(steering: Steering): Outcome {
    this.#backend.require("steering", "steer");
    return this.#call("steer", () => {
      this.steering = steering;
      return 0;
    });
  }

  join(group: string, at: NetworkInterface | undefined, source: string | undefined): Outcome {
    return this.#call("join", () => {
      const key = membershipKey(group, at, source);
      if (this.#memberships.has(key)) return ERRNO.EADDRINUSE;
      if (this.#memberships.size >= this.#backend.maxMemberships) return ERRNO.ENOBUFS;
      this.#memberships.set(key, membershipLabel(group, at, source));
      return 0;
    });
  }

  leave(group: string, at: NetworkInterface | undefined, source: string | undefined): Outcome {
    return this.#call("leave", () => (this.#memberships.delete(membershipKey(group, at, source)) ? 0 : ERRNO.EADDRNOTAVAIL));
  }

  blockSource(group: string, at: NetworkInterface, source: string): Outcome {
    this.#backend.require("blockSource", "blockSource");
    return this.#call("blockSource", () => {
      this.#blocked.set(membershipKey(group, at, source), membershipLabel(group, at, source));
      return 0;
    });
  }

  unblockSource(group: string, at: NetworkInterface, source: string): Outcome {
    this.#backend.require("blockSource", "unblockSource");
    return this.#call("unblockSource", () => {
      this.#blocked.delete(membershipKey(group, at, source));
      return 0;
    });
  }

  ref(): void {
    this.isReferenced = true;
  }

  unref(): void {
    this.isReferenced = false;
  }

  close(): void {
    this.#backend.calls.push("close");
    this.isClosed = true;
    this.readLimits = undefined;
  }

  /** One wake-up that brings `datagrams`; the memory they lie in is overwritten when it ends. */
  deliver(...datagrams: readonly (string | FakeDatagram)[]): void {
    if (this.readLimits === undefined) throw new Error("the reactor does not read from this socket: a backend would deliver nothing");
    const batch = new FakeBatch(datagrams, this.readLimits.maxPacketBytes);
    for (const [method, spoilt] of this.#spoilt) batch[method] = throwing(batch, method, spoilt);
    this.#tell(() => this.#observer.received(batch));
    batch.end();
  }

  /** From now on `method` of a batch throws for datagram number `index`, as where a user has detached its memory. */
  spoil(method: BatchReader, index: number): void {
    this.#spoilt.set(method, index);
  }

  becomeWritable(): void {
    this.#tell(() => this.#observer.writable());
  }

  loseDatagram(errno: string, peer?: SocketAddress): void {
    this.#tell(() => this.#observer.sendFailed(errnoOf(errno), peer));
  }

  failReading(errno: string): void {
    this.#tell(() => this.#observer.failed(errnoOf(errno), "recvmsg"));
  }

  #call(method: string, act: () => Outcome): Outcome {
    const refused = this.#backend.answer(method);
    if (this.isClosed) return ERRNO.EBADF;
    this.#depth++;
    try {
      return refused ?? act();
    } finally {
      this.#depth--;
    }
  }

  /** Observers hear from the event loop only, and nothing once the socket is closed. */
  #tell(speak: () => void): void {
    if (this.isClosed) throw new Error("this socket is closed: a backend would say nothing");
    if (this.#depth > 0) throw new Error("inside a call into this socket: a backend would say nothing");
    speak();
  }

  #copy({ bytes, offsets, to, via }: SendBatch, index: number): SentDatagram {
    const copy = Buffer.from(bytes.subarray(offsets[index], offsets[index + 1]));
    if (via[index] !== undefined) this.#backend.require("sendPacketInfo", "send");
    return { bytes: copy, text: copy.toString(), to: to[index], via: via[index] };
  }
}

/** The interfaces and routes that a test says there are. */
export class FakeNetwork implements BackendNetwork {
  /** Destination, or "default" → name of the interface; a destination that has none is unreachable. */
  readonly routes: Map<string, string> = new Map([["default", "eth0"]]);
  /** What the next calls of interfaces(), watch() and routeTo() are refused with; a call that is answered takes none. */
  readonly refusals: Record<"interfaces" | "watch" | "routeTo", ErrnoName[]> = { interfaces: [], watch: [], routeTo: [] };
  readonly #capabilities: ReadonlySet<Capability>;
  readonly #watchers = new Set<(deleted?: readonly number[], areAll?: boolean) => void>();
  #interfaces: readonly NetworkInterface[];

  constructor(capabilities: ReadonlySet<Capability>, interfaces: readonly NetworkInterface[]) {
    this.#capabilities = capabilities;
    this.#interfaces = interfaces;
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  interfaces(): readonly NetworkInterface[] | Outcome {
    return this.#refused("interfaces") ?? this.#interfaces;
  }

  /** The interfaces are others now; tells whoever watches, unless `isNoticed` is false. `deleted`: indices, those that are there again included. */
  change(interfaces: readonly NetworkInterface[], isNoticed = true, deleted?: readonly number[], areAll = true): void {
    this.#interfaces = interfaces;
    if (isNoticed) for (const changed of [...this.#watchers]) changed(deleted, areAll);
  }

  routeTo(address: string, _source: string | undefined): Route | Outcome {
    if (!this.#capabilities.has("routes"))
      throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, "routeTo", { backend: "fake", capability: "routes" });
    return this.#refused("routeTo") ?? this.#route(address) ?? this.#route("default") ?? ERRNO.ENETUNREACH;
  }

  defaultRoute(_family: Family): Route | undefined {
    if (!this.#capabilities.has("routes"))
      throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPERATION, "defaultRoute", { backend: "fake", capability: "routes" });
    return this.#route("default");
  }

  watch(changed: (deleted?: readonly number[], areAll?: boolean) => void): (() => void) | Outcome {
    const refused = this.#refused("watch");
    if (refused !== undefined) return refused;
    const watcher: typeof changed = (...news) => changed(...news);
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #refused(method: keyof FakeNetwork["refusals"]): Outcome | undefined {
    const name = this.refusals[method].shift();
    return name === undefined ? undefined : ERRNO[name];
  }

  #route(destination: string): Route | undefined {
    const on = this.#interfaces.find(({ name }) => name === this.routes.get(destination));
    return on === undefined ? undefined : { interface: on };
  }
}

const UP = { up: true, running: true, loopback: false, multicast: true, broadcast: true, pointToPoint: false };

/** An Ethernet interface with an address of each family, made from its index. */
export function fakeInterface(name: string, index: number, changes: Partial<NetworkInterface> = {}): NetworkInterface {
  return {
    name,
    index,
    addresses: [
      { address: `192.0.2.${index}`, family: 4, prefixLength: 24, broadcast: "192.0.2.255" },
      { address: `fe80::${index}`, family: 6, prefixLength: 64 },
    ],
    mtu: 1500,
    flags: UP,
    ...changes,
  };
}

export const LOOPBACK: NetworkInterface = fakeInterface("lo", 1, {
  addresses: [
    { address: "127.0.0.1", family: 4, prefixLength: 8 },
    { address: "::1", family: 6, prefixLength: 128 },
  ],
  flags: { ...UP, loopback: true, multicast: false, broadcast: false },
});

export const ETH0: NetworkInterface = fakeInterface("eth0", 2);

/** As the kernel tells them apart: by index, so an interface that was deleted and made again is another one. */
function membershipKey(group: string, at: NetworkInterface | undefined, source: string | undefined): string {
  return `${membershipLabel(group, at, source)} ${at?.index ?? 0}`;
}

function membershipLabel(group: string, at: NetworkInterface | undefined, source: string | undefined): string {
  return `${group} ${at?.name ?? "-"} ${source ?? "-"}`;
}

type BatchReader = "copy" | "from" | "arrival";

function throwing(batch: FakeBatch, method: BatchReader, spoilt: number): (index: number) => never {
  const read = batch[method].bind(batch);
  return (index) => {
    if (index === spoilt) throw new TypeError(`no ${method} of datagram ${index}`);
    return read(index) as never;
  };
}
