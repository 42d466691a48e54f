import {
  BACKEND_ERRORS,
  type Capability,
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
} from "@groupcast/backend";
import { UnsupportedError } from "@groupcast/base";
import type { Addon, AddonCallbacks } from "./addon.js";
import type { NativeContext } from "./native-context.js";
import { steeringProgram } from "./steering-program.js";

const AS_ROUTED = 0; // no interface: the kernel asks its routes

/** Datagrams `next` … `end - 1` of a batch, which the kernel has refused together with those before them. */
interface Refusal {
  readonly batch: SendBatch;
  readonly errno: number;
  readonly next: number;
  readonly end: number;
}

/**
 * UDP socket of the addon. Each method is one call into it; the addon ties its socket to this object, and calls back on it.
 *
 * The callbacks do no more than call a method of the socket: this module can be evaluated twice in a thread (in two bundles, say), the addon
 * knows the callbacks of one evaluation, and only a socket's own class can read its private fields.
 */
export class NativeSocket implements DatagramSocket {
  /** Functions that the addon calls, with a socket as `this`; `changed` belongs to the network. */
  static readonly callbacks: Omit<AddonCallbacks, "changed"> = {
    received(this: NativeSocket, count) {
      this.received(count);
    },
    writable(this: NativeSocket) {
      this.writable();
    },
    sendFailed(this: NativeSocket, errno) {
      this.sendFailed(errno);
    },
    failed(this: NativeSocket, errno, operation) {
      this.failed(errno, operation);
    },
  };

  readonly #context: NativeContext;
  readonly #addon: Addon;
  readonly #observer: SocketObserver;
  #family: Family = 4;
  #isOpen = true;
  #refusal: Refusal | undefined;

  private constructor(context: NativeContext, observer: SocketObserver) {
    this.#context = context;
    this.#addon = context.addon;
    this.#observer = observer;
  }

  static open(context: NativeContext, family: Family, observer: SocketObserver): NativeSocket | Outcome {
    const socket = new NativeSocket(context, observer);
    return socket.#opened(context.addon.socket_open(socket, family));
  }

  static adopt(context: NativeContext, fd: number, observer: SocketObserver): NativeSocket | Outcome {
    const socket = new NativeSocket(context, observer);
    return socket.#opened(context.addon.socket_adopt(socket, fd));
  }

  #opened(outcome: Family | Outcome): NativeSocket | Outcome {
    if (outcome !== 4 && outcome !== 6) return outcome;
    this.#family = outcome;
    return this;
  }

  received(count: number): void {
    const { batch } = this.#context;
    batch.begin(count);
    try {
      this.#observer.received(batch);
    } finally {
      batch.end();
    }
  }

  writable(): void {
    this.#observer.writable();
  }

  sendFailed(errno: number): void {
    this.#observer.sendFailed(errno, this.#context.addresses.result());
  }

  failed(errno: number, operation: string): void {
    this.#observer.failed(errno, operation);
  }

  get family(): Family {
    return this.#family;
  }

  bind(local: SocketAddress): Outcome {
    const outcome = this.#context.addresses.argument(0, local.address, local.port);
    return outcome < 0 ? outcome : this.#addon.socket_bind(this);
  }

  connect(peer: SocketAddress): Outcome {
    const outcome = this.#context.addresses.argument(0, peer.address, peer.port);
    return outcome < 0 ? outcome : this.#addon.socket_connect(this);
  }

  disconnect(): Outcome {
    return this.#addon.socket_disconnect(this);
  }

  localAddress(): SocketAddress | Outcome {
    const outcome = this.#addon.socket_local_address(this);
    return outcome < 0 ? outcome : this.#context.addresses.result()!;
  }

  peerAddress(): SocketAddress | undefined {
    return this.#addon.socket_peer_address(this) < 0 ? undefined : this.#context.addresses.result();
  }

  send(batch: SendBatch, from: number, to: number): Outcome {
    if (this.#isRefused(batch, from)) return this.#refuseOne();
    const { runs } = this.#context;
    let next = from;
    while (next < to) {
      const taken = this.#sendRuns(batch, next, to);
      if (taken < 0 && next > from) break; // the next call, from there, answers with the errno
      if (taken < 0) return this.#isRefused(batch, from) ? this.#refuseOne() : taken;
      next += taken;
      if (next < runs.end) break;
    }
    return next - from;
  }

  /** Sends as many datagrams as the rows of {@link SendRuns} hold, and remembers a run that was refused. */
  #sendRuns(batch: SendBatch, from: number, to: number): Outcome {
    const { runs, refusal } = this.#context;
    const described = runs.describe(batch, from, to);
    if (described < 0) return described;
    const taken = this.#addon.socket_send(this, batch.bytes, batch.offsets, runs.count);
    const [datagrams, errno] = refusal;
    const next = from + Math.max(0, taken);
    this.#refusal = datagrams === 0 ? undefined : { batch, errno: errno!, next, end: next + datagrams! };
    return taken;
  }

  #isRefused(batch: SendBatch, from: number): boolean {
    return this.#refusal?.batch === batch && this.#refusal.next === from;
  }

  /** The contract has an errno for each datagram; the kernel has one for a run. Each of the run gets it, without another call. */
  #refuseOne(): Outcome {
    const { batch, errno, next, end } = this.#refusal!;
    this.#refusal = next + 1 < end ? { batch, errno, next: next + 1, end } : undefined;
    return errno;
  }

  startReading(limits: ReadLimits): Outcome {
    return this.#addon.socket_start_reading(this, limits.maxPacketBytes, limits.maxDatagrams, limits.maxBytes);
  }

  stopReading(): void {
    this.#addon.socket_stop_reading(this);
  }

  setOption(name: OptionName, value: number): Outcome {
    this.#require(`set ${name}`, "setOption", name);
    return this.#addon.socket_set_option(this, name, value);
  }

  getOption(name: OptionName): Outcome {
    this.#require(`get ${name}`, "getOption", name);
    return this.#addon.socket_get_option(this, name);
  }

  steer(steering: Steering): Outcome {
    return this.#addon.socket_steer(this, steeringProgram(steering));
  }

  setMulticastInterface(networkInterface: NetworkInterface | undefined): Outcome {
    // On loopback the index alone makes the kernel choose another interface's address as source: 127.0.0.1 has host scope, and
    // inet_select_addr of net/ipv4/devinet.c wants a wider one. Elsewhere a fixed source would only go stale.
    const source = networkInterface?.flags.loopback ? networkInterface.addresses.find(({ family }) => family === 4)?.address : undefined;
    const outcome = this.#context.addresses.argument(0, source);
    return outcome < 0 ? outcome : this.#addon.socket_set_multicast_interface(this, networkInterface?.index ?? AS_ROUTED);
  }

  join(group: string, networkInterface: NetworkInterface | undefined, source: string | undefined): Outcome {
    const outcome = this.#membershipArguments(group, source);
    return outcome < 0 ? outcome : this.#addon.socket_join(this, networkInterface?.index ?? AS_ROUTED);
  }

  leave(group: string, networkInterface: NetworkInterface | undefined, source: string | undefined): Outcome {
    const outcome = this.#membershipArguments(group, source);
    return outcome < 0 ? outcome : this.#addon.socket_leave(this, networkInterface?.index ?? AS_ROUTED);
  }

  blockSource(group: string, networkInterface: NetworkInterface, source: string): Outcome {
    const outcome = this.#membershipArguments(group, source);
    return outcome < 0 ? outcome : this.#addon.socket_block_source(this, networkInterface.index);
  }

  unblockSource(group: string, networkInterface: NetworkInterface, source: string): Outcome {
    const outcome = this.#membershipArguments(group, source);
    return outcome < 0 ? outcome : this.#addon.socket_unblock_source(this, networkInterface.index);
  }

  ref(): void {
    this.#addon.socket_ref(this);
  }

  unref(): void {
    this.#addon.socket_unref(this);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#addon.socket_close(this);
  }

  #require(capability: Capability, operation: string, option: OptionName): void {
    if (this.#context.capabilities.has(capability)) return;
    throw new UnsupportedError(BACKEND_ERRORS.ERR_UNSUPPORTED_OPTION, operation, { backend: "native" }, { option });
  }

  #membershipArguments(group: string, source: string | undefined): Outcome {
    // The source first: parsing it uses argument 0 as scratch.
    const outcome = this.#context.addresses.argument(1, source);
    return outcome < 0 ? outcome : this.#context.addresses.groupArgument(group);
  }
}
