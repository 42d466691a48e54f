import type { SocketAddress } from "@groupcast/backend";
import type { Outbox } from "../sending/outbox.js";
import type { PortEvents } from "../transport.js";
import type { Port } from "./port.js";
import type { PortSocketOwner } from "./port-socket.js";

/**
 * Carries what the pieces of a port report to the port, which is made last.
 *
 * Nothing goes over the wires before they are connected: backends never call an observer inside a call, and nobody listens yet.
 */
export class PortWires implements PortSocketOwner {
  #port!: Port;
  #outbox!: Outbox;

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

  exclusivePeer(): SocketAddress | undefined {
    return this.#outbox.exclusivePeer;
  }

  connectionRefused(): void {
    this.#port.connectionRefused();
  }

  sendWaiting(): void {
    this.#outbox.flush();
  }

  readonly protocolThrew = (thrown: unknown): void => this.#port.protocolThrew(thrown);

  readonly listenerThrew = (thrown: unknown, event: keyof PortEvents): void => this.#port.listenerThrew(thrown, event);

  readonly report = (thrown: unknown): void => this.#port.report(thrown);
}
