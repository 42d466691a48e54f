// Sockets and an observer for tests straight on the waist: what arrives is kept, and can be waited for until a deadline.
import { setImmediate as nextTurn } from "node:timers/promises";
import { type DatagramSocket, type Family, type Outcome, type SendBatch, type SocketAddress, socketAddress } from "@groupcast/backend";
import { DgramBackend, type DgramSocket } from "@groupcast/backend-dgram";
import { accepted, batchOf, localOf, Recorder, WIDE } from "../../support/socket-recorder.js";

export { accepted, localOf, Recorder, WIDE } from "../../support/socket-recorder.js";

/** A socket and its observer. */
export interface End {
  readonly socket: DgramSocket;
  readonly seen: Recorder;
}

/** Opens sockets on one backend, and closes all of them at the end of the test. */
export class DgramSockets implements Disposable {
  readonly backend: DgramBackend = new DgramBackend();
  readonly #sockets: DgramSocket[] = [];

  open(family: Family = 4): End {
    const seen = new Recorder();
    const socket = this.backend.openSocket(family, seen);
    this.#sockets.push(socket);
    return { socket, seen };
  }

  /** Opens, binds to a free port of `address`, and reads. */
  listen(address = "127.0.0.1"): End & { readonly local: SocketAddress } {
    const { socket, seen } = this.open(address.includes(":") ? 6 : 4);
    accepted(socket.bind(socketAddress(address, 0)));
    accepted(socket.startReading(WIDE));
    return { socket, seen, local: localOf(socket) };
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close();
  }
}

/** A batch of datagrams to one peer; to the connected one where none is given. */
export function batchTo(datagrams: readonly (string | Buffer)[], to?: SocketAddress): SendBatch {
  return batchOf(datagrams.map((bytes) => (to === undefined ? { bytes } : { bytes, to })));
}

/** Sends one datagram. */
export function sendOne(socket: DatagramSocket, datagram: string | Buffer, to?: SocketAddress): Outcome {
  return socket.send(batchTo([datagram], to), 0, 1);
}

/**
 * Waits until everything this end has sent has been handed to whom it went to.
 *
 * The fence, to itself, was sent last: when it is seen, the others are in the kernel, and the same poll of the event loop sees them.
 */
export async function settle({ socket, seen }: End): Promise<void> {
  const count = seen.datagrams.length + 1;
  accepted(sendOne(socket, "fence", localOf(socket)));
  await seen.arrivals(count);
  await nextTurn();
}
