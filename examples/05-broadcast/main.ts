/**
 * A datagram to every host on the network.
 *
 * You learn: broadcast must be allowed before it is sent; it needs no group, so everybody who listens on the port receives it, also you.
 * You run:   node examples/dist/05-broadcast/main.js
 * You see:   127.0.0.1 shouts "anybody here?": the program receives its own datagram.
 */
import { DatagramProtocol, Reactor, type SocketAddress } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const EVERYBODY = "127.255.255.255"; // everybody on this host; "<broadcast>" is everybody on the network

class Shouter extends DatagramProtocol {
  override startProtocol(): void {
    this.transport.setBroadcastAllowed(true); // the OS refuses otherwise (EACCES)
    this.transport.write("anybody here?", { address: EVERYBODY, port: this.transport.getHost().port });
  }

  override datagramReceived(data: Buffer, from: SocketAddress): void {
    console.log(`${from.address} shouts "${data}"`);
    reactor.stop();
  }
}

const reactor = new Reactor();
reactor.listenUDP(PORT, new Shouter());
await reactor.run();
