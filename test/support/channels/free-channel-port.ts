// A port number for the channels of one test, with room for the relays above it.
import { createSocket } from "node:dgram";
import { once } from "node:events";

const LOWEST = 20_000;
const HIGHEST = 31_000; // below the ephemeral ports of Linux (ip(7)), which ordinary senders have
const STEP = 100; // more than a relay's range
let taken = 0;

/** A number that nobody is bound to. Each process begins elsewhere, so that tests side by side do not hear one another. */
export async function freeChannelPort(): Promise<number> {
  for (;;) {
    const port = LOWEST + ((process.pid * 7 + taken++) % ((HIGHEST - LOWEST) / STEP)) * STEP;
    const socket = createSocket("udp4"); // without reuse: a port that is shared is taken, too
    const outcome = once(socket, "listening").then(
      () => true,
      () => false,
    );
    socket.bind(port);
    const isFree = await outcome;
    if (isFree) socket.close();
    if (isFree) return port;
  }
}
