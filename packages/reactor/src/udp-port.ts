/**
 * A port: one protocol, one number, and the sockets that serve them. Every port a reactor hands out is a MulticastPort, which adds
 * groups to this.
 *
 * Theory of operation: *listening* until stopListening(), then *stopping* while what was written leaves, then *closed*. Reading ends
 * with listening. Teardown runs from a microtask, never inside the call that asked for it: detach the transport, stopProtocol(),
 * close the sockets, tell `closed`, settle the promise. What each method does is said in transport.ts; this class holds the pieces
 * together and refuses what comes after the end.
 */

import { inspect } from "node:util";
import type { DatagramSocket, PacketOrigin, SocketAddress } from "@groupcast/backend";
import { asError, callGuarded, checkBoolean, Emitter, Eventful, StateError, SystemError, watchRejection, wrongType } from "@groupcast/base";
import { attachTransport, detachTransport } from "./datagram-protocol.js";
import { type AnyProtocol, Inbox } from "./inbox.js";
import type { Settlement } from "./multicast-sender.js";
import { Outbox } from "./outbox.js";
import type { PortBuffers } from "./port-buffers.js";
import type { PortContext } from "./port-context.js";
import { PORT_EVENTS } from "./port-events.js";
import { type Opening, PortSockets } from "./port-sockets.js";
import { type PortStatistics, zeroStatistics } from "./port-statistics.js";
import { REACTOR_ERRORS } from "./reactor-errors.js";
import { readIfSupported, setSocketOption } from "./socket-options.js";
import type { Destination, PortEvents, UDPTransport, WriteOptions } from "./transport.js";

/** A bound UDP port. Made by `reactor.listenUDP` and its siblings. */
export abstract class UDPPort extends Eventful<PortEvents> implements UDPTransport {
  readonly #emitter: Emitter<PortEvents>;
  static {
    // How console.log shows a port; a method of this name would need a computed name, which isolatedDeclarations cannot tell.
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: UDPPort) {
        return `<${this}>`;
      },
    });
  }
  protected readonly context: PortContext;
  protected readonly sockets: PortSockets;
  readonly #protocol: AnyProtocol;
  readonly #logName: string;
  readonly #statistics: PortStatistics = zeroStatistics();
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  #state: "listening" | "stopping" | "closed" = "listening";
  #isBroadcastAllowed: boolean;
  #isResuming = false;
  #stopped: Promise<void> | undefined;

  /** Opens the socket; the port is not live before {@link UDPPort.start}. */
  constructor(context: PortContext, protocol: AnyProtocol, opening: Opening) {
    const emitter = new Emitter<PortEvents>(PORT_EVENTS);
    super(emitter);
    emitter.listenerThrew = (error, event) => (event === "error" ? this.#reportAbove(error) : this.#report(error));
    this.#emitter = emitter;
    const { backend, network } = context;
    const statistics = this.#statistics;
    this.context = context;
    this.#protocol = protocol;
    this.#logName = protocol.logPrefix();
    const inbox = new Inbox(protocol, statistics, opening.options.wantsArrival, this.#protocolThrew);
    this.#inbox = inbox;
    this.sockets = new PortSockets(
      {
        backend,
        network,
        inbox,
        statistics,
        writable: () => this.#outbox.resume(),
        sendFailed: (errno, peer) => this.#outbox.sendFailed(errno, peer),
        readFailed: (errno) =>
          this.#report(new SystemError(REACTOR_ERRORS.ERR_RECEIVE, { operation: "read", errno, port: this.getHost().port })),
        exclusivePeer: () => this.#outbox.exclusivePeer,
      },
      opening,
    );
    this.#isBroadcastAllowed = opening.by === "adopt" && readIfSupported(backend, this.#socket, "broadcast", 0) > 0;
    this.#outbox = new Outbox({
      context,
      statistics,
      socket: this.#socket,
      emit: (event, ...args) => this.#emitter.emit(event, ...args),
      settle: (group, via) => this.settle(group, via),
      connectionRefused: () => {
        if (this.isOpen) callGuarded(() => protocol.connectionRefused(), this.#protocolThrew);
      },
    });
  }

  /** Not for users: goes live. What `setUp` or startProtocol throws closes the socket and comes out. */
  start(setUp: () => void): void {
    attachTransport(this.#protocol, this);
    try {
      setUp();
      this.context.logger.info(`${this.#logName} starting on ${this.getHost().port}`, { port: this.getHost().port });
      this.sockets.startReading();
      watchRejection(this.#protocol.startProtocol(), this.#protocolThrew);
    } catch (error) {
      this.#state = "closed";
      detachTransport(this.#protocol);
      this.#outbox.abandon();
      this.#closeSockets();
      throw error;
    }
  }

  write(data: Uint8Array | string, to?: Destination, options?: WriteOptions): boolean {
    this.checkOpen("write");
    return this.#outbox.write("write", data, to, options);
  }

  writeSequence(parts: readonly Uint8Array[], to?: Destination, options?: WriteOptions): boolean {
    this.checkOpen("writeSequence");
    if (!Array.isArray(parts)) throw wrongType("writeSequence", "parts", parts, "an array of Uint8Array");
    for (const [index, part] of parts.entries()) {
      if (!(part instanceof Uint8Array)) throw wrongType("writeSequence", `parts[${index}]`, part, "a Uint8Array");
    }
    return this.#outbox.write("writeSequence", Buffer.concat(parts), to, options);
  }

  connect(address: string, port: number): void {
    this.checkOpen("connect");
    this.#outbox.connect(address, port);
  }

  disconnect(): void {
    this.checkOpen("disconnect");
    this.#outbox.disconnect();
  }

  getHost(): SocketAddress {
    return this.sockets.local;
  }

  getPeer(): SocketAddress | undefined {
    return this.#outbox.peer;
  }

  setBroadcastAllowed(on: boolean): void {
    const operation = "setBroadcastAllowed";
    this.checkOpen(operation);
    const value = checkBoolean(operation, "on", on) ? 1 : 0;
    this.sendWaiting();
    setSocketOption(this.context.backend, this.#socket, operation, ["broadcast", value]);
    this.#isBroadcastAllowed = on;
  }

  getBroadcastAllowed(): boolean {
    return this.#isBroadcastAllowed;
  }

  pauseReading(): void {
    this.checkOpen("pauseReading");
    this.#isResuming = false;
    this.#inbox.pause();
    this.sockets.stopReading();
  }

  resumeReading(): void {
    this.checkOpen("resumeReading");
    if (!this.#inbox.isPaused || this.#isResuming) return;
    this.#isResuming = true;
    queueMicrotask(() => this.#resume());
  }

  statistics(): PortStatistics {
    if (this.#state !== "closed") this.sockets.countDrops();
    return { ...this.#statistics, queued: this.#outbox.length };
  }

  get buffers(): PortBuffers {
    return this.sockets.buffers;
  }

  stopListening(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  ref(): this {
    if (this.#state !== "closed") this.sockets.setReferenced(true);
    return this;
  }

  unref(): this {
    if (this.#state !== "closed") this.sockets.setReferenced(false);
    return this;
  }

  /** Names the port in logs: `Echo on 9999`. */
  override toString(): string {
    return `${this.#logName} on ${this.getHost().port}`;
  }

  /** Not for users: the reactor saw the interfaces change. */
  abstract interfacesChanged(): void;

  /** How to send to a group. */
  protected abstract settle(group: SocketAddress, via: PacketOrigin | undefined): Settlement;

  /** The sockets are about to close. */
  protected abstract releaseGroups(): void;

  protected get isOpen(): boolean {
    return this.#state === "listening";
  }

  protected checkOpen(operation: string): void {
    if (this.#state !== "listening") throw new StateError(REACTOR_ERRORS.ERR_CLOSED, operation, { port: this.getHost().port });
  }

  /** Before an option of sending is set: what was written leaves with the options that it was written under. */
  protected sendWaiting(): void {
    this.#outbox.flush();
  }

  /** Emits `event` from the event loop. */
  protected emitLater<E extends keyof PortEvents>(event: E, ...args: Parameters<PortEvents[E]>): void {
    queueMicrotask(() => this.#emitter.emit(event, ...args));
  }

  get #socket(): DatagramSocket {
    return this.sockets.main.socket;
  }

  get #isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Delivers what was kept, then reads on; unless the port was paused again meanwhile. */
  #resume(): void {
    if (!this.#isResuming) return;
    this.#isResuming = false;
    this.#inbox.resume();
    if (this.isOpen && !this.#inbox.isPaused) this.sockets.startReading();
  }

  async #stop(): Promise<void> {
    if (this.#isClosed) return; // startProtocol threw
    this.#state = "stopping";
    this.#inbox.close();
    this.sockets.stopReading();
    await this.#outbox.finish(); // and go on from the event loop, never inside the call that asked for it
    if (this.#isClosed) return; // startProtocol threw after it had asked to stop
    this.#state = "closed";
    detachTransport(this.#protocol);
    this.context.logger.info(`(UDP Port ${this.getHost().port} Closed)`, { port: this.getHost().port });
    callGuarded(() => this.#protocol.stopProtocol(), this.#protocolThrew);
    this.#closeSockets();
    this.#emitter.emit("closed");
    this.context.portClosed(this);
  }

  #closeSockets(): void {
    this.sockets.countDrops();
    this.releaseGroups();
    this.sockets.close();
  }

  readonly #protocolThrew = (thrown: unknown): void => {
    this.#statistics.protocolErrors++;
    this.#report(thrown);
  };

  /** To the listeners of the port and of the reactor; to the log when there are none. */
  #report(thrown: unknown): void {
    const error = asError(thrown);
    const isHeard = this.#emitter.emit("error", error);
    this.#reportAbove(error, isHeard);
  }

  #reportAbove(thrown: unknown, isHeard = false): void {
    const error = asError(thrown);
    const isHeardAbove = this.context.portFailed(error, this);
    if (!isHeard && !isHeardAbove) this.context.logger.error(`${this}`, { port: this.getHost().port, error });
  }
}
