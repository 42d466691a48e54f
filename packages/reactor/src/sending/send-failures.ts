import type { SocketAddress } from "@groupcast/backend";
import { type Emitter, ERRNO, SystemError, withoutFrames } from "@groupcast/base";
import { isObserved } from "../diagnostics.js";
import type { PortStatistics } from "../port-statistics.js";
import { REACTOR_ERRORS } from "../reactor-errors.js";
import { MessageLengthError } from "../system-errors.js";
import type { PortEvents, SendFailure } from "../transport.js";

/** The port, as {@link SendFailures} needs it. */
export interface SendFailuresOwner {
  /** Returns whether the port is connected, and to this peer; undefined: the OS did not say which one answered. */
  isConnectedTo(peer: SocketAddress | undefined): boolean;
  /** The peer answered that no socket listens there. */
  connectionRefused(): void;
  /** Publishes a failure for `node:diagnostics_channel`. */
  publishFailure(failure: SendFailure): void;
}

/**
 * Counts and reports the datagrams that `write` took and the network did not carry.
 *
 * ECONNREFUSED says that no socket listens at the peer: the protocol of a port that is connected to it gets connectionRefused(), other
 * ports emit `refused`; so does a port that was connected only after the datagram had left for somebody else. All other failures are
 * `sendFailed` events. None of them closes a port.
 */
export class SendFailures {
  readonly #statistics: PortStatistics;
  readonly #emitter: Emitter<PortEvents>;
  readonly #owner: SendFailuresOwner;

  /** Reports to `emitter` and `owner`. */
  constructor(statistics: PortStatistics, emitter: Emitter<PortEvents>, owner: SendFailuresOwner) {
    this.#statistics = statistics;
    this.#emitter = emitter;
    this.#owner = owner;
  }

  /** Counts and reports one failure; `by`: the interface that the datagram was to leave by. Call from the event loop. */
  report(errno: number, to: SocketAddress | undefined, lengthBytes?: number, by?: string): void {
    if (errno === ERRNO.ECONNREFUSED) {
      this.#statistics.refused++;
      if (this.#owner.isConnectedTo(to)) this.#owner.connectionRefused();
      else this.#emitter.emit("refused", { peer: to });
      return;
    }
    this.#statistics.sendFailed++;
    if (!this.#emitter.isHeard("sendFailed") && !isObserved("groupcast:send:failed")) return; // an error takes microseconds
    const failure = { error: errorOf("write", { errno, to, lengthBytes, by }), to };
    this.#owner.publishFailure(failure);
    this.#emitter.emit("sendFailed", failure);
  }

  /**
   * Counts one failure, and returns the error for the sender, who waits for it. A refusal concerns the peer too, and is also reported.
   */
  errorFor(errno: number, to: SocketAddress | undefined, lengthBytes: number, by: string | undefined): SystemError {
    if (errno === ERRNO.ECONNREFUSED) queueMicrotask(() => this.report(errno, to));
    else this.#statistics.sendFailed++;
    return errorOf("send", { errno, to, lengthBytes, by });
  }
}

/** A datagram that the network did not carry. */
interface Loss {
  readonly errno: number;
  readonly to: SocketAddress | undefined;
  readonly lengthBytes: number | undefined;
  /** Interface that it was to leave by. */
  readonly by: string | undefined;
}

function errorOf(operation: string, { errno, to, lengthBytes, by }: Loss): SystemError {
  const subject = { ...(to !== undefined && { address: to.address, port: to.port }), ...(by !== undefined && { interface: by }) };
  const failure = { operation, errno, origin: "unknown", ...subject } as const;
  return withoutFrames(() =>
    errno === ERRNO.EMSGSIZE && lengthBytes !== undefined
      ? new MessageLengthError(lengthBytes, failure)
      : new SystemError(REACTOR_ERRORS.ERR_SEND, failure),
  );
}
