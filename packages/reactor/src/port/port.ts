/**
 * A port: one protocol, one number, and the sockets that serve them.
 *
 * Theory of operation: *listening* until stopListening(), then *stopping* while written datagrams leave, then *closed*. Reading ends
 * with listening. Teardown runs from a microtask, never inside the call of stopListening(): detach the transport, stopProtocol(),
 * close the sockets, emit `closed`, settle the promise. transport.ts documents each method; this class holds the pieces together
 * and refuses calls after the end. go-live.ts makes the pieces.
 */
import { inspect } from "node:util";
import type { SocketAddress } from "@groupcast/backend";
import { asError, callGuarded, type Emitter, StateError, SystemError, watchRejection } from "@groupcast/base";
import { attachTransport, detachTransport, type PortInsides, type Protocol } from "../datagram-protocol.js";
import { publish } from "../diagnostics.js";
import type { Groups } from "../multicast/groups.js";
import type { InterfaceSelector } from "../network/interface-selector.js";
import type { PortStatistics } from "../port-statistics.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import type { Inbox } from "../receiving/inbox.js";
import type { SendReceipt } from "../send-receipt.js";
import type { Outbox, SendCall } from "../sending/outbox.js";
import { joinedParts } from "../sending/payload.js";
import type { Destination, Isolation, JoinOptions, Membership, OutgoingInterface, PortEvents, WriteOptions } from "../transport.js";
import { isolationOf } from "./local-address.js";
import type { PortContext, ReactorPort } from "./port-context.js";
import type { PortSettings } from "./port-settings.js";
import type { PortSockets } from "./port-sockets.js";
import { SettablePort } from "./settable-port.js";

const WRITE: SendCall = { operation: "write" };
const WRITE_SEQUENCE: SendCall = { operation: "writeSequence" };

/** The pieces of a port. */
export interface PortParts {
  readonly context: PortContext;
  readonly protocol: Protocol;
  /** Name of the protocol in logs. */
  readonly logName: string;
  readonly statistics: PortStatistics;
  readonly emitter: Emitter<PortEvents>;
  readonly inbox: Inbox;
  readonly sockets: PortSockets;
  readonly outbox: Outbox;
  readonly groups: Groups;
  readonly settings: PortSettings;
}

/** Port of every kind that a reactor returns. */
export class Port extends SettablePort implements ReactorPort {
  static {
    // console.log shows a port by this. A method of this name needs a computed name, which isolatedDeclarations cannot emit.
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: Port) {
        return `<${this}>`;
      },
    });
  }
  readonly #parts: PortParts;
  #state: "listening" | "stopping" | "closed" = "listening";
  readonly #pausedBy = new Set<"user" | "protocol">(); // each resumes what it has paused
  #isResuming = false;
  #stopped: Promise<void> | undefined;

  /** Takes sockets that are open; the port is not live before {@link Port.start}. */
  constructor(parts: PortParts) {
    super(parts.emitter, parts.settings);
    this.#parts = parts;
  }

  /** Goes live. When `setUp` or startProtocol throws, closes the port and rethrows the error. */
  start(setUp: () => void): void {
    const { context, protocol, logName, sockets } = this.#parts;
    attachTransport(protocol, this.#insides());
    try {
      setUp();
      context.logger.info(`${logName} starting on ${this.getHost().port}`, { port: this.getHost().port });
      sockets.startReading();
      watchRejection(protocol.startProtocol?.(), this.protocolThrew);
    } catch (error) {
      this.#state = "closed";
      detachTransport(protocol);
      this.#parts.outbox.abandon();
      this.#closeSockets();
      throw error;
    }
  }

  write(data: Uint8Array | string, to?: Destination, options?: WriteOptions): boolean {
    this.#checkOpen("write");
    return this.#parts.outbox.write(WRITE, data, to, options);
  }

  writeSequence(parts: readonly Uint8Array[], to?: Destination, options?: WriteOptions): boolean {
    this.#checkOpen("writeSequence");
    return this.#parts.outbox.write(WRITE_SEQUENCE, joinedParts("writeSequence", parts), to, options);
  }

  async send(data: Uint8Array | string, to?: Destination, options?: WriteOptions): Promise<void> {
    this.#checkOpen("send");
    await this.#parts.outbox.send(data, to, options);
  }

  post(data: Uint8Array | string, to?: Destination): SendReceipt {
    this.#checkOpen("post");
    return this.#parts.outbox.post(data, to);
  }

  async drained(): Promise<void> {
    this.#checkOpen("drained");
    await this.#parts.outbox.drained();
  }

  flush(): void {
    this.#checkOpen("flush");
    this.#parts.outbox.flush();
  }

  cork(): void {
    this.#checkOpen("cork");
    this.#parts.outbox.pause();
  }

  uncork(): void {
    this.#checkOpen("uncork");
    this.#parts.outbox.unpause();
  }

  connect(address: string, port: number): void {
    this.#checkOpen("connect");
    this.#parts.outbox.connect(address, port);
  }

  disconnect(): void {
    this.#checkOpen("disconnect");
    this.#parts.outbox.disconnect();
  }

  getHost(): SocketAddress {
    return this.#parts.sockets.local;
  }

  getPeer(): SocketAddress | undefined {
    return this.#parts.outbox.peer;
  }

  joinGroup(group: string, selector?: InterfaceSelector | "all", options?: JoinOptions): void {
    this.#checkOpen("joinGroup");
    this.#parts.groups.join(group, selector, options);
  }

  leaveGroup(group: string, selector?: InterfaceSelector | "all", options?: { readonly source?: string | undefined }): void {
    this.#checkOpen("leaveGroup");
    this.#parts.groups.leave(group, selector, options);
  }

  blockSource(group: string, source: string, selector?: InterfaceSelector | "all"): void {
    this.#checkOpen("blockSource");
    this.#parts.groups.block(group, source, selector);
  }

  unblockSource(group: string, source: string, selector?: InterfaceSelector | "all"): void {
    this.#checkOpen("unblockSource");
    this.#parts.groups.unblock(group, source, selector);
  }

  get memberships(): readonly Membership[] {
    return this.#parts.groups.list;
  }

  setTTL(ttl: number): void {
    this.#checkOpen("setTTL");
    this.#parts.groups.setTTL(ttl);
  }

  getTTL(): number {
    return this.#parts.groups.ttl;
  }

  setLoopbackMode(on: boolean): void {
    this.#checkOpen("setLoopbackMode");
    this.#parts.groups.setLoopbackMode(on);
  }

  getLoopbackMode(): boolean {
    return this.#parts.groups.isLoopbackOn;
  }

  setOutgoingInterface(to: InterfaceSelector): void {
    this.#checkOpen("setOutgoingInterface");
    this.#parts.groups.setOutgoingInterface(to);
  }

  getOutgoingInterface(): string {
    return this.outgoingInterface.interface;
  }

  get outgoingInterface(): OutgoingInterface {
    return this.#parts.groups.outgoingInterface;
  }

  get isolation(): Isolation {
    return isolationOf(this.#parts.context.backend.capabilities, this.getHost(), this.#parts.sockets.isIsolated);
  }

  pauseReading(): void {
    this.#checkOpen("pauseReading");
    this.#pause("user");
  }

  resumeReading(): void {
    this.#checkOpen("resumeReading");
    this.#unpause("user");
  }

  statistics(): PortStatistics {
    const { statistics, outbox } = this.#parts;
    this.countDrops();
    return { ...statistics, queued: outbox.length, queuedBytes: outbox.bytes };
  }

  stopListening(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  stopNow(): void {
    void this.stopListening(); // sends what waits, and does the rest from a microtask
    this.#parts.outbox.abandon();
    this.#closeSockets();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopListening();
  }

  ref(): this {
    if (!this.#isClosed) this.#parts.sockets.setReferenced(true);
    return this;
  }

  unref(): this {
    if (!this.#isClosed) this.#parts.sockets.setReferenced(false);
    return this;
  }

  override toString(): string {
    return `${this.#parts.logName} on ${this.getHost().port}`;
  }

  /** Brings memberships and outgoing interface in line with the current interfaces. */
  interfacesChanged(): void {
    if (this.#isOpen) this.#parts.groups.reconcile();
    else this.#parts.groups.leaveGone(); // it still waits for the network to take datagrams
  }

  /** Calls connectionRefused() of the protocol. */
  connectionRefused(): void {
    if (this.#isOpen) callGuarded(() => this.#parts.protocol.connectionRefused?.(), this.protocolThrew);
  }

  /** Reports that reading from a socket failed. */
  readFailed(errno: number): void {
    this.report(new SystemError(REACTOR_ERRORS.ERR_RECEIVE, { operation: "read", errno, port: this.getHost().port }));
  }

  /** Updates the counters that the backend keeps, and publishes what was lost since the last time. */
  countDrops(): void {
    const { sockets, statistics } = this.#parts;
    const { kernelDrops, unreadDrops } = statistics;
    sockets.countDrops();
    const lost = { kernelDrops: statistics.kernelDrops - kernelDrops, unreadDrops: statistics.unreadDrops - unreadDrops };
    if (lost.kernelDrops + lost.unreadDrops > 0) publish("groupcast:receive:drops", { port: this, ...lost });
  }

  /** Logs a warning about this port. */
  warn(message: string): void {
    this.#parts.context.logger.warn(`${this}: ${message}`, { port: this.getHost().port });
  }

  /** Counts and reports an error of the protocol. */
  readonly protocolThrew = (thrown: unknown): void => {
    this.#parts.statistics.protocolErrors++;
    this.report(thrown);
  };

  /** Emits the `error` event of port and reactor; logs the error when neither has a listener. */
  report(thrown: unknown): void {
    const error = asError(thrown);
    this.#reportAbove(error, this.#parts.emitter.emit("error", error));
  }

  /** Reports an error of a listener; one of `error` itself only to the reactor. */
  listenerThrew(thrown: unknown, event: keyof PortEvents): void {
    if (event === "error") this.#reportAbove(asError(thrown), false);
    else this.report(thrown);
  }

  #insides(): PortInsides {
    const { context, outbox } = this.#parts;
    return {
      transport: this,
      clock: context.clock,
      contact: (operation, to) => outbox.contact(operation, to),
      send: (data, to) => this.send(data, to),
      pause: () => this.#pause("protocol"),
      resume: () => this.#unpause("protocol"),
      report: (thrown) => this.report(thrown),
    };
  }

  get #isOpen(): boolean {
    return this.#state === "listening";
  }

  get #isClosed(): boolean {
    return this.#state === "closed";
  }

  protected override checkOpen(operation: string): void {
    this.#checkOpen(operation);
  }

  #checkOpen(operation: string): void {
    if (this.#state !== "listening") throw new StateError(REACTOR_ERRORS.ERR_CLOSED, operation, { port: this.getHost().port });
  }

  #pause(by: "user" | "protocol"): void {
    this.#pausedBy.add(by);
    this.#isResuming = false;
    this.#parts.inbox.pause();
    this.#parts.sockets.stopReading();
  }

  #unpause(by: "user" | "protocol"): void {
    this.#pausedBy.delete(by);
    if (this.#pausedBy.size > 0 || !this.#parts.inbox.isPaused || this.#isResuming) return;
    this.#isResuming = true;
    queueMicrotask(() => this.#resume());
  }

  /** Delivers the datagrams kept, then reads on; unless the port was paused again meanwhile. */
  #resume(): void {
    if (!this.#isResuming) return;
    this.#isResuming = false;
    this.#parts.inbox.resume();
    if (this.#isOpen && !this.#parts.inbox.isPaused) this.#parts.sockets.startReading();
  }

  async #stop(): Promise<void> {
    const { context, protocol, inbox, sockets, outbox, emitter } = this.#parts;
    if (this.#isClosed) return; // startProtocol threw
    this.#state = "stopping";
    inbox.close();
    sockets.stopReading();
    await outbox.finish().catch((error: unknown) => this.report(error)); // and go on from a microtask, never inside stopListening()
    if (this.#isClosed) return; // startProtocol called stopListening(), then threw
    this.#state = "closed";
    detachTransport(protocol);
    context.logger.info(`(UDP Port ${this.getHost().port} Closed)`, { port: this.getHost().port });
    callGuarded(() => protocol.stopProtocol?.(), this.protocolThrew);
    this.#closeSockets();
    emitter.emit("closed");
    context.portClosed(this);
  }

  #closeSockets(): void {
    this.countDrops();
    this.#parts.groups.close();
    this.#parts.settings.remember();
    this.#parts.sockets.close();
  }

  #reportAbove(error: Error, isHeard: boolean): void {
    const { context } = this.#parts;
    publish("groupcast:port:error", { port: this, error });
    const isHeardAbove = context.portFailed(error, this);
    if (!isHeard && !isHeardAbove) context.logger.error(`${this}`, { port: this.getHost().port, error });
  }
}
