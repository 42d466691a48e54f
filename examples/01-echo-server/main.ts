/**
 * A server that sends back what it receives.
 *
 * You learn: a protocol says what happens to datagrams; a reactor lets it listen on a port and calls it.
 * You run:   node examples/dist/01-echo-server/main.js
 * You see:   listening on port 9999. From another terminal, echo hello | socat -t1 - UDP:127.0.0.1:9999 is answered with hello.
 *            Ctrl-C ends it.
 */
import { DatagramProtocol, type SocketAddress } from "groupcast";
import { runMain, type Stage } from "../support/run-main.js";

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}

export async function main({ reactor, out, port }: Stage): Promise<void> {
  const echo = reactor.listenUDP(port, new Echo());
  out(`listening on port ${echo.getHost().port}`); // bound already
  await reactor.run(); // until stop(), SIGINT or SIGTERM
}

await runMain(import.meta, main);
