import { errnoOf, MessageLengthError, type SocketAddress, SystemError } from "@groupcast/backend";
import type { Emitter } from "./emitter.js";
import type { PortStatistics } from "./port-statistics.js";
import type { PortEvents } from "./transport.js";

const ECONNREFUSED = errnoOf("ECONNREFUSED");
const EMSGSIZE = errnoOf("EMSGSIZE");

/** What a failure has to know of its port. */
export interface SendFailuresOwner {
  isConnected(): boolean;
  connectionRefused(): void;
}

/**
 * Tells what became of datagrams that `write` took and the network did not carry.
 *
 * "Nobody listens there" is no failure of ours: a connected port's protocol hears connectionRefused(), others the `refused` event.
 * Everything else is the `sendFailed` event. Nothing here closes a port.
 */
export class SendFailures {
  readonly #statistics: PortStatistics;
  readonly #emitter: Emitter<PortEvents>;
  readonly #owner: SendFailuresOwner;

  constructor(statistics: PortStatistics, emitter: Emitter<PortEvents>, owner: SendFailuresOwner) {
    this.#statistics = statistics;
    this.#emitter = emitter;
    this.#owner = owner;
  }

  /** Call from the event loop. */
  tell(errno: number, to: SocketAddress | undefined, lengthBytes?: number): void {
    if (errno === ECONNREFUSED) {
      this.#statistics.refused++;
      if (this.#owner.isConnected()) this.#owner.connectionRefused();
      else this.#emitter.emit("refused", { peer: to });
      return;
    }
    this.#statistics.sendFailed++;
    this.#emitter.emit("sendFailed", { error: errorOf(errno, to, lengthBytes), to });
  }
}

function errorOf(errno: number, to: SocketAddress | undefined, lengthBytes: number | undefined): SystemError {
  const failure = { operation: "write", errno, ...(to === undefined ? {} : { address: to.address, port: to.port }) };
  if (errno === EMSGSIZE && lengthBytes !== undefined) return new MessageLengthError(lengthBytes, failure);
  return new SystemError("ERR_SEND", failure);
}
