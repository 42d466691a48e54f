import type { SocketAddress } from "@groupcast/backend";
import { publish } from "../diagnostics.js";
import type { Outbox, OutboxObserver } from "../sending/outbox.js";
import type { PortEvents, SendFailure } from "../transport.js";
import type { Port } from "./port.js";
import type { PortSocketOwner } from "./port-socket.js";

/**
 * Carries the reports of a port's pieces to the port, which is made last.
 *
 * No report comes before the wires are connected: backends never call an observer inside a call, and no listener has been added yet.
 */
export class PortWires implements PortSocketOwner, OutboxObserver {
  #port!: Port;
  #outbox!: Outbox;

  /** Connects the wires to `port`; called once, before the port starts. */
  connect(port: Port, outbox: Outbox): void {
    this.#port = port;
    this.#outbox = outbox;
  }

  writable(): void {
    this.#outbox.resume();
  }

  sendFailed(errno: number, peer: SocketAddress | undefined): void {
    this.#outbox.sendFailed(errno, peer);
  }

  readFailed(errno: number): void {
    this.#port.readFailed(errno);
  }

  countDrops(): void {
    this.#port.countDrops();
  }

  exclusivePeer(): SocketAddress | undefined {
    return this.#outbox.exclusivePeer;
  }

  connectionRefused(): void {
    this.#port.connectionRefused();
  }

  publishFailure(failure: SendFailure): void {
    publish("groupcast:send:failed", { port: this.#port, ...failure });
  }

  sendWaiting(): void {
    this.#outbox.flush();
  }

  readonly protocolThrew = (thrown: unknown): void => this.#port.protocolThrew(thrown);

  readonly listenerThrew = (thrown: unknown, event: keyof PortEvents): void => this.#port.listenerThrew(thrown, event);

  readonly warn = (message: string): void => this.#port.warn(message);

  readonly report = (thrown: unknown): void => this.#port.report(thrown);
}
