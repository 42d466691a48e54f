/**
 * A server that sends back what it receives.
 *
 * You learn: a protocol says what happens to datagrams; a reactor lets it listen on a port and calls it.
 * You run:   node examples/dist/01-echo-server/main.js
 * You see:   listening on port 9999. From another terminal, echo hello | socat -t1 - UDP:127.0.0.1:9999 prints hello.
 *            Ctrl-C ends the server.
 */
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: SocketAddress): void {
    this.transport.write(data, from);
  }
}

const reactor = new Reactor();
const echo = reactor.listenUDP(PORT, new Echo());
console.log(`listening on port ${echo.getHost().port}`); // bound already
await reactor.run(); // until stop(), SIGINT or SIGTERM
