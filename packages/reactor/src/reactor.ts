import type { DatagramBackend } from "@groupcast/backend";
import {
  asError,
  BASE_ERRORS,
  type Clock,
  callGuarded,
  checkBoolean,
  checkDelay,
  checkFunction,
  checkInteger,
  checkOptions,
  checkSignal,
  Emitter,
  Eventful,
  type EventTable,
  type Given,
  guardLogger,
  InvalidArgumentError,
  type Logger,
  StateError,
  stderrLogger,
  systemClock,
  throwIfAborted,
  wrongType,
} from "@groupcast/base";
import type { Attached, Protocol } from "./datagram-protocol.js";
import { stopOnSignals } from "./life/signals.js";
import { checkSystemEvent, type SystemEvent, SystemEvents, type TriggerId, type TriggerPhase } from "./life/system-events.js";
import { HostNetwork } from "./network/host-network.js";
import type { Network } from "./network/network.js";
import { type ResolveOptions, type Resolver, resolveName, systemResolver } from "./network/resolver.js";
import { checkProtocol, IdleProtocols } from "./port/check-protocol.js";
import type { AdoptOptions, ConnectOptions, ListenOptions, MulticastListenOptions } from "./port/listen-options.js";
import { openAdoptedPort, openConnectedPort, openMulticastPort, openPort } from "./port/open-port.js";
import type { PortContext, ReactorPort } from "./port/port-context.js";
import { REACTOR_ERRORS } from "./reactor-errors.js";
import { AddressBook } from "./sending/address-book.js";
import { SlabPool } from "./sending/slab-pool.js";
import { type DeferOptions, Deferral } from "./time/deferral.js";
import type { DelayedCall } from "./time/delayed-call.js";
import { TimedCall, type TimedCallOwner } from "./time/timed-call.js";
import type { MulticastTransport, UDPTransport } from "./transport.js";
import type { ConnectedUDPPort, MulticastPort, UDPPort } from "./udp-port.js";

/** `P` as the protocol of a port: in an object literal, `this` is the object with its `transport`. */
export type OnPort<P extends Protocol, T extends UDPTransport> = P & ThisType<P & Attached<T>>;

/** Options of a {@link Reactor}. */
export interface ReactorOptions {
  /** Network that ports are opened on. */
  readonly backend: DatagramBackend;
  /** Source of time. Default: {@link systemClock}. */
  readonly clock?: Clock | undefined;
  /** Function that resolves host names for {@link Reactor.resolve}. Default: `dns.lookup`, which is getaddrinfo(3). */
  readonly resolver?: Resolver | undefined;
  /** Receiver of log lines. Default: warnings and errors go to stderr. */
  readonly logger?: Logger | undefined;
}

/** Events of a {@link Reactor}. */
export type ReactorEvents = {
  /** A port listens. Emitted from a microtask, after `listen…` has returned. */
  listening: (port: UDPPort) => void;
  /** A port has closed. */
  closed: (port: UDPPort) => void;
  /**
   * User code threw, a port could not read, or the OS did not list the interfaces. Logged when neither the reactor nor the port has a
   * listener; never fatal.
   */
  error: (error: Error, port?: UDPPort) => void;
};

const EVENTS: EventTable<ReactorEvents> = {
  listening: "a port listens",
  closed: "a port has closed",
  error: "user code threw, a port could not read, or the interfaces could not be listed",
};

/**
 * Owns ports and timers, and calls protocols when datagrams arrive.
 *
 * Ports are live as soon as they listen; {@link Reactor.run} adds signals, startup triggers and a promise to wait for. There is no
 * global reactor: make one, and pass it to the code that needs it.
 */
export class Reactor extends Eventful<ReactorEvents> {
  readonly #emitter: Emitter<ReactorEvents>;
  /**
   * Network that ports are opened on; `backend.name` and `backend.reason` say which one and why, `backend.capabilities` lists its features.
   */
  readonly backend: DatagramBackend;
  /** Source of time for timers. */
  readonly clock: Clock;
  /** Interfaces and routes of the host. */
  readonly network: Network;
  readonly #resolver: Resolver;
  readonly #triggers: SystemEvents;
  readonly #context: PortContext;
  readonly #ports = new Set<ReactorPort>();
  readonly #calls = new Set<DelayedCall>();
  readonly #callOwner: TimedCallOwner;
  readonly #finished: Promise<void>;
  #finish!: () => void;
  #state: "idle" | "starting" | "running" | "stopped" = "idle";
  #stopped: Promise<void> | undefined;

  /** Makes a reactor; opens nothing. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_OPTION_UNKNOWN`. */
  constructor(options: ReactorOptions) {
    const { backend, clock, resolver, logger } = checkReactorOptions(options);
    const emitter = new Emitter<ReactorEvents>(EVENTS);
    super(emitter);
    emitter.listenerThrew = (error, event) =>
      event === "error" ? this.#context.logger.error("user code threw", { error: asError(error) }) : this.#report(error);
    this.#emitter = emitter;
    this.backend = backend;
    this.clock = clock;
    this.#resolver = resolver;
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#triggers = new SystemEvents(this.#report);
    const network = new HostNetwork({
      backend,
      clock,
      changed: () => this.#interfacesChanged(),
      listenerThrew: (error) => this.#report(error),
      refused: (error) => this.#emitOrLog(error, "the interfaces could not be listed"),
    });
    this.network = network;
    this.#callOwner = {
      clock,
      due: (call, fn) => {
        this.#calls.delete(call);
        callGuarded(fn, this.#report);
      },
      cancelled: (call) => this.#calls.delete(call),
    };
    const guardedLogger = guardLogger(logger);
    this.#context = {
      backend,
      clock,
      logger: guardedLogger,
      network,
      addressBook: new AddressBook(network),
      slabs: new SlabPool(),
      idleProtocols: new IdleProtocols(guardedLogger),
      portFailed: (error, port) => this.#emitter.emit("error", error, port),
      portClosed: (port) => this.#portClosed(port),
    };
  }

  /**
   * Opens a port: bound, started and live when this returns.
   *
   * @param port - Port number, 0 … 65,535; 0: any free one, which `getHost()` returns.
   * @param protocol - Receiver of the datagrams, on no other port: a {@link DatagramProtocol}, or a plain object with some of its methods,
   * which gets the property `transport`.
   * @throws InvalidArgumentError before anything is opened. @throws CannotListenError `ERR_LISTEN`: the OS refused.
   * @throws StateError `ERR_ALREADY_LISTENING`: the protocol is on a port; `ERR_REACTOR_STOPPED`. @throws Any error of startProtocol.
   */
  listenUDP<P extends Protocol>(port: number, protocol: OnPort<P, UDPTransport>, options?: ListenOptions): UDPPort {
    this.#checkProtocol("listenUDP", protocol);
    return this.#add(openPort(this.#context, protocol, port, options));
  }

  /**
   * Opens a port that can join groups, as {@link Reactor.listenUDP}, with the options of multicast. Joins only `options.group`, if given.
   */
  listenMulticast<P extends Protocol>(
    port: number,
    protocol: OnPort<P, MulticastTransport>,
    options?: MulticastListenOptions,
  ): MulticastPort {
    this.#checkProtocol("listenMulticast", protocol);
    return this.#add(openMulticastPort(this.#context, protocol, port, options));
  }

  /**
   * Opens a port that is connected to one peer before startProtocol; as {@link Reactor.listenUDP}.
   *
   * @param address - IP literal of the peer. @param port - Its port number, 1 … 65,535.
   * @throws SystemError `ERR_CONNECT`; and as listenUDP.
   */
  connectUDP<P extends Protocol>(
    address: string,
    port: number,
    protocol: OnPort<P, MulticastTransport>,
    options?: ConnectOptions,
  ): ConnectedUDPPort {
    this.#checkProtocol("connectUDP", protocol);
    return this.#add(openConnectedPort(this.#context, protocol, { address, port }, options)) as ConnectedUDPPort;
  }

  /**
   * Makes a port from a socket that another program opened and bound, such as systemd. Keeps its family, options and peer.
   *
   * The descriptor is duplicated: close yours when you like. On dgram, which cannot duplicate, the port takes it over.
   *
   * @param fd - Descriptor of a bound UDP socket.
   * @throws SystemError `ERR_ADOPT`: not an open UDP socket. @throws UnsupportedError `ERR_UNSUPPORTED_OPERATION`. @throws as listenUDP.
   */
  adoptDatagramPort<P extends Protocol>(fd: number, protocol: OnPort<P, UDPTransport>, options?: AdoptOptions): UDPPort {
    this.#checkProtocol("adoptDatagramPort", protocol);
    checkInteger("adoptDatagramPort", "fd", fd, [0, 0x7fff_ffff]);
    return this.#add(openAdoptedPort(this.#context, protocol, fd, options));
  }

  /**
   * Calls `fn` once, `delayMs` milliseconds from now or later, never from inside this call. An error that it throws or rejects with
   * becomes the `error` event. Shutdown cancels the calls that are still pending at its end.
   *
   * @param delayMs - Finite, 0 or more. @param args - Arguments for `fn`.
   * @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`, `ERR_ARGUMENT_RANGE`. @throws StateError `ERR_REACTOR_STOPPED` after shutdown.
   */
  callLater<A extends unknown[]>(delayMs: number, fn: (...args: A) => void, ...args: A): DelayedCall {
    checkDelay("callLater", "delayMs", delayMs);
    checkFunction("callLater", "fn", fn);
    if (this.#state === "stopped") throw new StateError(REACTOR_ERRORS.ERR_REACTOR_STOPPED, "callLater");
    return this.#keep(new TimedCall(this.#callOwner, delayMs, args.length === 0 ? (fn as () => void) : () => fn(...args)));
  }

  /**
   * Waits `delayMs` milliseconds, or longer. Twisted: `task.deferLater`.
   *
   * @param delayMs - Finite, 0 or more.
   * @returns A promise that rejects with the reason of `options.signal`; with StateError `ERR_REACTOR_STOPPED`, also when the reactor shuts
   * down meanwhile; with StateError `ERR_CALL_CANCELLED`: the call in {@link Reactor.getDelayedCalls} was cancelled; with
   * InvalidArgumentError.
   */
  async deferLater(delayMs: number, options?: DeferOptions): Promise<void> {
    checkDelay("deferLater", "delayMs", delayMs);
    const signal = checkSignal("deferLater", checkOptions<DeferOptions>("deferLater", options, ["signal"]).signal);
    if (this.#state === "stopped") throw new StateError(REACTOR_ERRORS.ERR_REACTOR_STOPPED, "deferLater");
    throwIfAborted(signal);
    await this.#keep(new Deferral(this.#callOwner, delayMs)).settled(signal);
  }

  /** Returns the delayed calls that are still to come, in the order in which they were made; those of loops and waits among them. */
  getDelayedCalls(): readonly DelayedCall[] {
    return [...this.#calls];
  }

  /**
   * Calls `fn` when the reactor runs: at once if it does, else at startup.
   *
   * @throws InvalidArgumentError; StateError `ERR_REACTOR_STOPPED`.
   */
  callWhenRunning(fn: () => void): void {
    checkFunction("callWhenRunning", "fn", fn);
    this.#checkNotStopped("callWhenRunning");
    if (this.running) callGuarded(fn, this.#report);
    else this.#triggers.add("after", "startup", fn);
  }

  /**
   * Calls `fn` once, at startup or shutdown. The promises that the triggers of a phase return are awaited before the next phase. Twisted:
   * `addSystemEventTrigger`.
   *
   * @returns Id for {@link Reactor.removeSystemEventTrigger}. @throws InvalidArgumentError `ERR_ARGUMENT_TYPE`.
   */
  addSystemEventTrigger(phase: TriggerPhase, event: SystemEvent, fn: () => unknown): TriggerId {
    return this.#triggers.add(phase, event, fn);
  }

  /** Removes a trigger. @throws InvalidArgumentError `ERR_TRIGGER_UNKNOWN`: it has run, or was removed. */
  removeSystemEventTrigger(id: TriggerId): void {
    this.#triggers.remove(id);
  }

  /**
   * Runs the triggers of `event`, phase by phase. For programs without {@link Reactor.run}: `"startup"` runs the startup triggers;
   * `"shutdown"` is {@link Reactor.stop}. Each trigger still runs once.
   *
   * @returns A promise that settles when all triggers have; an error of one becomes the `error` event. It rejects with
   * InvalidArgumentError `ERR_ARGUMENT_TYPE`, and StateError `ERR_REACTOR_STOPPED` for the startup of a stopped reactor.
   */
  async fireSystemEvent(event: SystemEvent): Promise<void> {
    checkSystemEvent("fireSystemEvent", event);
    if (event === "shutdown") {
      await this.stop();
      return;
    }
    for (const phase of ["before", "during", "after"] as const) {
      this.#checkNotStopped("fireSystemEvent"); // each time: a trigger may stop the reactor
      await this.#triggers.run(phase, event);
    }
  }

  /**
   * Resolves a host name to an IP literal; returns an IP literal unchanged.
   *
   * @returns A promise that rejects with SystemError `ERR_RESOLVE`, with InvalidArgumentError, or with the reason of `options.signal`.
   */
  async resolve(name: string, options?: ResolveOptions): Promise<string> {
    return await resolveName(this.#resolver, name, options);
  }

  /**
   * Keeps the process alive until {@link Reactor.stop}, SIGINT or SIGTERM.
   *
   * @returns A promise that settles after shutdown; signal handlers are then as they were. Rejects with StateError
   * `ERR_ALREADY_RUNNING` or `ERR_REACTOR_STOPPED`.
   */
  async run(options?: {
    /** Whether SIGINT and SIGTERM stop the reactor. Default: true. */
    readonly installSignalHandlers?: boolean | undefined;
  }): Promise<void> {
    const { installSignalHandlers = true } = checkOptions("run", options, ["installSignalHandlers"]);
    checkBoolean("run", "installSignalHandlers", installSignalHandlers);
    this.#checkNotStopped("run");
    if (this.#state !== "idle") throw new StateError(REACTOR_ERRORS.ERR_ALREADY_RUNNING, "run");
    const release = this.clock.hold();
    this.#state = "starting";
    const putBack = installSignalHandlers ? stopOnSignals((signal) => this.#stopBySignal(signal)) : undefined;
    void this.#startUp(); // a startup trigger that never settles must not keep run() from ending
    await this.#finished;
    putBack?.();
    callGuarded(release, this.#report);
  }

  /** Shuts down: `before` triggers, every port's stopProtocol, `after` triggers. Returns the same promise each time; it never rejects. */
  stop(): Promise<void> {
    this.#stopped ??= this.#shutDown();
    return this.#stopped;
  }

  /** Whether the reactor runs: {@link Reactor.run} has passed the `before` triggers of startup, and shutdown has not ended. */
  get running(): boolean {
    return this.#state === "running";
  }

  /** Whether {@link Reactor.stop} has been called. */
  get hasStopped(): boolean {
    return this.#stopped !== undefined;
  }

  /** Ports that are open; a copy. */
  get ports(): readonly UDPPort[] {
    return [...this.#ports];
  }

  /** Shuts down at the end of `await using`; {@link Reactor.stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #startUp(): Promise<void> {
    await this.#triggers.run("before", "startup");
    if (this.hasStopped) return;
    this.#state = "running";
    await this.#triggers.run("during", "startup");
    if (!this.hasStopped) await this.#triggers.run("after", "startup");
  }

  async #shutDown(): Promise<void> {
    await undefined; // never from inside the call of stop()
    await this.#triggers.run("before", "shutdown");
    await Promise.all([this.#triggers.run("during", "shutdown"), ...this.ports.map((port) => port.stopListening())]);
    await this.#triggers.run("after", "shutdown");
    const stopped = new StateError(REACTOR_ERRORS.ERR_REACTOR_STOPPED, "deferLater");
    for (const call of this.#calls) {
      callGuarded(() => (call instanceof Deferral ? call.abort(stopped) : call.cancel()), this.#report);
    }
    callGuarded(() => this.#context.network.stopWatching(), this.#report);
    this.#state = "stopped";
    this.#finish();
  }

  #stopBySignal(signal: NodeJS.Signals): void {
    this.#context.logger.info(`Received ${signal}, shutting down.`);
    void this.stop();
  }

  #add(port: ReactorPort): ReactorPort {
    this.#ports.add(port);
    queueMicrotask(() => this.#emitter.emit("listening", port));
    return port;
  }

  #portClosed(port: ReactorPort): void {
    this.#ports.delete(port);
    this.#emitter.emit("closed", port);
  }

  /** Remembers a call until it is made; the clock may have made it at once. */
  #keep<C extends DelayedCall>(call: C): C {
    if (call.active()) this.#calls.add(call);
    return call;
  }

  #interfacesChanged(): void {
    this.#context.addressBook.clear();
    for (const port of this.#ports) callGuarded(() => port.interfacesChanged(), this.#report);
  }

  #checkProtocol(operation: string, protocol: unknown): void {
    checkProtocol(operation, protocol);
    this.#checkNotStopped(operation);
  }

  #checkNotStopped(operation: string): void {
    if (this.hasStopped) throw new StateError(REACTOR_ERRORS.ERR_REACTOR_STOPPED, operation);
  }

  readonly #report = (thrown: unknown): void => this.#emitOrLog(asError(thrown), "user code threw");

  #emitOrLog(error: Error, message: string): void {
    if (!this.#emitter.emit("error", error)) this.#context.logger.error(message, { error });
  }
}

function checkReactorOptions(given: ReactorOptions): Required<Given<ReactorOptions>> {
  const operation = "new Reactor";
  const options = checkOptions<ReactorOptions>(operation, given, ["backend", "clock", "resolver", "logger"]);
  const { backend, clock = systemClock, resolver = systemResolver, logger = stderrLogger } = options;
  if (typeof backend?.openSocket !== "function") throw noBackend(backend);
  if (typeof clock?.schedule !== "function")
    throw wrongType(operation, "clock", clock, "a Clock, which has nowMs(), schedule() and hold()");
  if (typeof logger?.error !== "function") throw wrongType(operation, "logger", logger, "a Logger, which has info(), warn() and error()");
  checkFunction(operation, "resolver", resolver);
  return { backend, clock, resolver, logger };
}

function noBackend(given: unknown): InvalidArgumentError {
  const wrong = { operation: "new Reactor", argument: "backend", value: given };
  if (given === "native" || given === "dgram") {
    const advice = { meaning: "is the name of a backend, not a backend", advice: `pass chooseBackend("${given}")` };
    return new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_TYPE, { ...wrong, ...advice });
  }
  const isNetwork = typeof (given as { host?: unknown } | undefined)?.host === "function";
  const expected = isNetwork ? 'a host of the network, such as network.host("a")' : "a DatagramBackend, such as chooseBackend() returns";
  return new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_TYPE, { ...wrong, expected });
}
