import type { UDPSocket } from "@groupcast/diagnosis";

/**
 * Keeps a socket for one more sample when it is missing from the table.
 *
 * The kernel writes /proc/net/udp in pieces, and continues by counting where it stopped (`udp_seq_start` of net/ipv4/udp.c). Sockets that come
 * and go meanwhile shift the others, so that one of them may be left out, and would seem to close and open again.
 */
export class SteadySockets {
  #before: ReadonlyMap<string, UDPSocket> = new Map();

  /** Returns the sockets of a reading, and those that were in the one before and are missing. */
  of(sockets: readonly UDPSocket[]): readonly UDPSocket[] {
    const now = new Map(sockets.map((socket) => [`${socket.inode} ${socket.address} ${socket.port}`, socket]));
    const missing = [...this.#before].flatMap(([key, socket]) => (now.has(key) ? [] : [socket]));
    this.#before = now;
    return [...now.values(), ...missing];
  }
}
