import type { SocketAddress } from "@groupcast/backend";
import { type Emitter, ERRNO, SystemError } from "@groupcast/base";
import type { PortStatistics } from "../port-statistics.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import { MessageLengthError } from "../system-errors.js";
import type { PortEvents } from "../transport.js";

/** What a failure has to know about its port. */
export interface SendFailuresOwner {
  isConnected(): boolean;
  connectionRefused(): void;
}

/**
 * Counts and reports the datagrams that `write` took and the network did not carry.
 *
 * "Nobody listens there" is no failure of ours: a connected port's protocol gets connectionRefused(), other ports emit `refused`.
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
  report(errno: number, to: SocketAddress | undefined, lengthBytes?: number): void {
    if (errno === ERRNO.ECONNREFUSED) {
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
  if (errno === ERRNO.EMSGSIZE && lengthBytes !== undefined) return new MessageLengthError(lengthBytes, failure);
  return new SystemError(REACTOR_ERRORS.ERR_SEND, failure);
}
